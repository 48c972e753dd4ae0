import { isDeepStrictEqual } from 'node:util';
import type {
  BenchmarkGroup,
  BenchmarkMetric,
  Benchmarks,
  BenchmarkTask,
  DocumentValue,
} from '@shadow-gate/harness/benchmarks';
import { groupBy } from '@shadow-gate/platform';
import { clusteredError } from '../../statistics/index.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { changesByUnit, isShared, type Observed, ownUnit, sharedUnit } from '../pairing/sample.ts';
import type { BenchmarkRow } from '../rows/benchmarks.ts';
import { type BenchmarkDifference, groupDifference, type PairedDocument, pairTask } from './differences.ts';
import { gradedDocuments, lostLikelihoods } from './graded-documents.ts';
import { changeProbability, type Outcomes, outcomeMeans, pairedCounts } from './outcomes.ts';

export interface ComparedMetric {
  readonly row: BenchmarkRow;
  readonly outcomes: Outcomes | null;
  /** Whether it is the share of right samples, or redundant to that. */
  readonly ofSamples: BenchmarkMetric['ofSamples'];
}

export interface ComparedTask {
  readonly name: string;
  readonly metrics: readonly ComparedMetric[];
  readonly documents: number;
  /** Answers to each document, on average. */
  readonly samples: number;
  /** Share of right answers by guessing if choices are known; else 0. */
  readonly chance: number;
  readonly asked: ReadonlySet<string>;
  /** Documents with graded outcomes; null: not known for all. */
  readonly graded: readonly PairedItem[] | null;
  /** Documents whose likelihoods only the baseline knows. */
  readonly lostLikelihoods: number;
  /** Whether the log-likelihood of every choice is exactly the same on both sides. Null without any. */
  readonly isIdentical: boolean | null;
}

interface ComparedGroup {
  readonly name: string;
  /** Including those of groups within it. */
  readonly tasks: readonly ComparedTask[];
  readonly metrics: readonly ComparedMetric[];
}

type Different = BenchmarkDifference & { readonly task: string };

export interface BenchmarkPairing {
  readonly tasks: readonly ComparedTask[];
  readonly groups: readonly ComparedGroup[];
  /** Groups and tasks that are in no other group. */
  readonly roots: readonly string[];
  /** The groups of each task or group, as the baseline has them. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly different: readonly Different[];
}

export function pairBenchmarks(candidate: Benchmarks, baseline: Benchmarks): BenchmarkPairing {
  if (candidate.harness !== baseline.harness) return ofOtherHarnesses(candidate, baseline);
  const different: Different[] = [];
  const tasks = pairNamed(candidate.tasks, baseline.tasks, different).flatMap(([ours, theirs]) => {
    const pairing = pairTask(ours, theirs);
    if (pairing.kind === 'paired') return [compareTask(ours, theirs, pairing.documents)];
    different.push({ task: ours.name, ...pairing.difference });
    return [];
  });
  const all = new Map(baseline.groups.map((group) => [group.name, group]));
  const groups = pairNamed(candidate.groups, baseline.groups, different).flatMap(([ours, theirs]) => {
    const difference = groupDifference(ours, theirs);
    if (difference === null) return compareGroup(ours, theirs, leavesOf(theirs.name, all), tasks);
    different.push({ task: ours.name, ...difference });
    return [];
  });
  const members = new Set(baseline.groups.flatMap((group) => group.members));
  const names = [...groups, ...tasks].map(({ name }) => name);
  return { tasks, groups, different, parents: parentsIn(baseline), roots: names.filter((name) => !members.has(name)) };
}

/** Each harness has its own prompts and tasks, even under the same name. */
function ofOtherHarnesses(candidate: Benchmarks, baseline: Benchmarks): BenchmarkPairing {
  const difference = { cause: 'harness', candidate: candidate.harness, baseline: baseline.harness } as const;
  const names = new Set([...baseline.tasks, ...candidate.tasks].map(({ name }) => name));
  return {
    ...{ tasks: [], groups: [], roots: [], parents: parentsIn(baseline) },
    different: [...names].map((task) => ({ task, ...difference })),
  };
}

function parentsIn({ groups }: Benchmarks): BenchmarkPairing['parents'] {
  const pairs = groups.flatMap(({ name, members }) => members.map((member) => ({ member, name })));
  return new Map(
    [...groupBy(pairs, ({ member }) => member)].map(([member, of]) => [member, of.map(({ name }) => name)]),
  );
}

/** Those on both sides; the others become different. */
function pairNamed<T extends { readonly name: string }>(
  ours: readonly T[],
  theirs: readonly T[],
  different: Different[],
) {
  const [mine, others] = [new Map(ours.map((own) => [own.name, own])), new Map(theirs.map((own) => [own.name, own]))];
  const state = (there: boolean) => (there ? 'evaluated' : null);
  for (const task of new Set([...others.keys(), ...mine.keys()])) {
    const [isMine, isOther] = [mine.has(task), others.has(task)];
    if (isMine && isOther) continue;
    different.push({ task, cause: 'task', candidate: state(isMine), baseline: state(isOther) });
  }
  return theirs.flatMap((other) => {
    const own = mine.get(other.name);
    return own ? [[own, other] as const] : [];
  });
}

function compareTask(ours: BenchmarkTask, theirs: BenchmarkTask, documents: readonly PairedDocument[]): ComparedTask {
  // The baseline's order: the candidate does not choose the judging metric.
  const metrics = theirs.metrics.map((metric) => {
    const sides = { ours: columnOf(ours, metric), theirs: columnOf(theirs, metric) };
    const samples = metric.samples ?? meanSamples(theirs, documents);
    const scope = { task: ours.name, n: documents.length, samples };
    return compareMetric(scope, sides.ours.metric, metric, outcomesOf(ours.name, sides, documents));
  });
  return {
    name: ours.name,
    metrics,
    documents: documents.length,
    samples: meanSamples(ours, documents),
    chance: chanceOf(ours, documents),
    asked: new Set(documents.map(({ baseline: { docHash, doc } }) => docHash ?? doc)),
    graded: gradedDocuments(ours.name, documents),
    lostLikelihoods: lostLikelihoods(documents),
    isIdentical: areIdentical(documents),
  };
}

function compareMetric(
  { task, n, samples }: Record<'n' | 'samples', number> & { readonly task: string },
  ours: BenchmarkMetric,
  theirs: BenchmarkMetric,
  outcomes: Outcomes | null,
): ComparedMetric {
  const { metric, filter, ofSamples } = theirs;
  const reported = ({ value, stderr }: BenchmarkMetric) => ({ value, stderr });
  const none = { bothRight: null, onlyBaseline: null, onlyCandidate: null, bothWrong: null };
  const row: BenchmarkRow = {
    ...{ task, metric, filter, n, baseline: reported(theirs), candidate: reported(ours) },
    ...(ofSamples !== undefined && samples > 1 ? { samples } : {}),
    ...(outcomes?.some(({ unit }) => isShared(unit)) ? { units: changesByUnit(outcomes).length } : {}),
    change: outcomes && { value: outcomeMeans(outcomes).change, stderr: clusteredError(changesByUnit(outcomes)) },
    ...((outcomes && pairedCounts(outcomes)) ?? none),
    p: outcomes && changeProbability(outcomes),
  };
  return { row, outcomes, ofSamples };
}

function meanSamples({ repeats }: BenchmarkTask, documents: readonly PairedDocument[]): number {
  return documents.reduce((sum, { baseline }) => sum + (baseline.samples ?? repeats), 0) / documents.length;
}

interface MetricColumn {
  readonly metric: BenchmarkMetric;
  readonly index: number;
}

/** @throws Error if the task lacks the metric */
function columnOf({ name, metrics }: Pick<BenchmarkTask, 'name' | 'metrics'>, wanted: BenchmarkMetric): MetricColumn {
  const index = metrics.findIndex(({ metric, filter }) => metric === wanted.metric && filter === wanted.filter);
  const metric = metrics[index];
  if (metric === undefined) throw new Error(`${name} has no ${wanted.metric},${wanted.filter}`);
  return { metric, index };
}

/** Null unless answers are 0, 1 or shares of right samples, and the reported value is their mean. */
function outcomesOf(
  task: string,
  { ours, theirs }: Record<'ours' | 'theirs', MetricColumn>,
  documents: readonly PairedDocument[],
): Outcomes | null {
  const isJudged = ({ metric: { higherIsBetter, isGraded } }: MetricColumn) =>
    higherIsBetter !== false && isGraded !== false;
  if (!isJudged(ours) || !isJudged(theirs)) return null;
  const isOutcome = ({ metric: { ofSamples } }: MetricColumn, value: DocumentValue | undefined): value is number =>
    value === 0 || value === 1 || (ofSamples !== undefined && typeof value === 'number');
  const outcomes = documents.flatMap(({ candidate, baseline }, i): Observed[] => {
    const [own, other] = [candidate.values[ours.index], baseline.values[theirs.index]];
    const unit = sharedUnit(task, baseline) ?? ownUnit(i, task);
    return isOutcome(ours, own) && isOutcome(theirs, other) ? [{ unit, candidate: own, baseline: other }] : [];
  });
  if (outcomes.length < documents.length) return null;
  const means = outcomeMeans(outcomes);
  const isReported = (mean: number, { metric: { value } }: MetricColumn) =>
    value !== null && Math.abs(mean - value) <= ROUNDING;
  return isReported(means.candidate, ours) && isReported(means.baseline, theirs) ? outcomes : null;
}

/** Sums of floating-point numbers depend on their order. */
const ROUNDING = 1e-9;

function areIdentical(documents: readonly PairedDocument[]): boolean | null {
  if (documents.some(({ candidate, baseline }) => candidate.logprobs === null || baseline.logprobs === null))
    return null;
  return documents.every(({ candidate, baseline }) => isDeepStrictEqual(candidate.logprobs, baseline.logprobs));
}

function chanceOf({ outputType }: BenchmarkTask, documents: readonly PairedDocument[]): number {
  const shares = documents.map(({ baseline: { logprobs, choices, rightChoices = 1, chance } }) => {
    if (outputType !== 'multiple_choice') return chance ?? 0;
    const options = choices ?? logprobs?.length;
    return options === undefined ? 0 : Math.min(1, rightChoices / Math.max(1, options));
  });
  return shares.reduce((sum, share) => sum + share, 0) / documents.length;
}

/** Only if all of its tasks may be compared. */
function compareGroup(
  ours: BenchmarkGroup,
  theirs: BenchmarkGroup,
  leaves: readonly string[],
  compared: readonly ComparedTask[],
): ComparedGroup[] {
  const tasks = compared.filter(({ name }) => leaves.includes(name));
  if (leaves.length === 0 || tasks.length < leaves.length) return [];
  const documents = tasks.reduce((sum, task) => sum + task.documents, 0);
  const samples = tasks.reduce((sum, task) => sum + task.samples * task.documents, 0) / documents;
  const metrics = theirs.metrics.map((metric) => {
    const isSame = ({ row }: ComparedMetric) => row.metric === metric.metric && row.filter === metric.filter;
    const own = tasks.map((task) => task.metrics.find(isSame));
    const outcomes = joinOutcomes(own.map((one) => one?.outcomes ?? null));
    const of = { ...metric, ofSamples: own[0]?.ofSamples };
    return compareMetric({ task: ours.name, n: documents, samples }, columnOf(ours, metric).metric, of, outcomes);
  });
  return [{ name: ours.name, tasks, metrics }];
}

/** Null if any is. */
export function joinOutcomes(all: readonly (Outcomes | null)[]): Outcomes | null {
  const known = all.filter((outcomes) => outcomes !== null);
  return known.length < all.length ? null : known.flat();
}

/** The tasks of a group, including those of groups within it. */
function leavesOf(name: string, groups: ReadonlyMap<string, BenchmarkGroup>, above: readonly string[] = []): string[] {
  const group = groups.get(name);
  if (!group) return [name];
  if (above.includes(name)) return [];
  return [...new Set(group.members.flatMap((member) => leavesOf(member, groups, [...above, name])))];
}
