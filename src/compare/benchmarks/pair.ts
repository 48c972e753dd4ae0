import { isDeepStrictEqual } from 'node:util';
import type { BenchmarkGroup, BenchmarkMetric, Benchmarks, BenchmarkTask } from '../../measure/schema/index.ts';
import { exactMcNemarTwoSided } from '../../statistics/index.ts';
import type { PairedItem } from '../probes/paired-item.ts';
import { type BenchmarkDifference, groupDifference, type PairedDocument, pairTask } from './differences.ts';
import { gradedDocuments, lostLikelihoods } from './graded-documents.ts';
import type { BenchmarkRow } from './row.ts';

/** Paired counts of right and wrong answers. */
export interface Counts {
  readonly bothRight: number;
  readonly onlyBaseline: number;
  readonly onlyCandidate: number;
  readonly bothWrong: number;
}

/** A row with its counts; null for a metric that is not right or wrong. */
interface ComparedMetric {
  readonly row: BenchmarkRow;
  readonly counts: Counts | null;
}

/** A task that may be compared. */
export interface ComparedTask {
  readonly name: string;
  readonly metrics: readonly ComparedMetric[];
  readonly documents: number;
  /** Share of right answers by guessing, where choices are known; 0 otherwise. */
  readonly chance: number;
  /** Its documents with graded outcomes; null where these are not known of all. */
  readonly graded: readonly PairedItem[] | null;
  /** Documents of which only the baseline's are known. */
  readonly lostLikelihoods: number;
  /** Is the log-likelihood of every choice the same on both sides, to the last digit? Null where there are none. */
  readonly isIdentical: boolean | null;
}

interface ComparedGroup {
  readonly name: string;
  /** All of its tasks, those of groups within it included. */
  readonly tasks: readonly ComparedTask[];
  readonly metrics: readonly ComparedMetric[];
}

export interface BenchmarkPairing {
  readonly tasks: readonly ComparedTask[];
  readonly groups: readonly ComparedGroup[];
  /** Names of groups that are in no other group, and of tasks that are in none. */
  readonly roots: readonly string[];
  /** Tasks and groups that may not be compared. */
  readonly different: ReadonlyArray<BenchmarkDifference & { readonly task: string }>;
}

/** Pair the answers of two evaluations, task by task and document by document. Pure. */
export function pairBenchmarks(candidate: Benchmarks, baseline: Benchmarks): BenchmarkPairing {
  if (candidate.harness !== baseline.harness) return ofOtherHarnesses(candidate, baseline);
  const different: (BenchmarkDifference & { task: string })[] = [];
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
  return { tasks, groups, different, roots: names.filter((name) => !members.has(name)) };
}

/** Each harness has its own prompts and its own tasks, also under the same name. */
function ofOtherHarnesses(candidate: Benchmarks, baseline: Benchmarks): BenchmarkPairing {
  const difference = { cause: 'harness', candidate: candidate.harness, baseline: baseline.harness } as const;
  const names = new Set([...baseline.tasks, ...candidate.tasks].map(({ name }) => name));
  return { tasks: [], groups: [], roots: [], different: [...names].map((task) => ({ task, ...difference })) };
}

/** Those that both sides have; the others are different. */
function pairNamed<T extends { readonly name: string }>(
  ours: readonly T[],
  theirs: readonly T[],
  different: (BenchmarkDifference & { task: string })[],
): (readonly [T, T])[] {
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
  const metrics = ours.metrics.map((metric) => {
    const sides = { ours: columnOf(ours, metric), theirs: columnOf(theirs, metric) };
    return compareMetric(
      ours.name,
      sides.ours.metric,
      sides.theirs.metric,
      documents.length,
      countsOf(sides, documents),
    );
  });
  return {
    name: ours.name,
    metrics,
    documents: documents.length,
    chance: chanceOf(ours, documents),
    graded: gradedDocuments(ours.name, documents),
    lostLikelihoods: lostLikelihoods(documents),
    isIdentical: areIdentical(documents),
  };
}

function compareMetric(
  task: string,
  ours: BenchmarkMetric,
  theirs: BenchmarkMetric,
  n: number,
  counts: Counts | null,
): ComparedMetric {
  const { metric, filter } = ours;
  const reported = ({ value, stderr }: BenchmarkMetric) => ({ value, stderr });
  const none = { bothRight: null, onlyBaseline: null, onlyCandidate: null, bothWrong: null };
  const p = counts && exactMcNemarTwoSided({ lost: counts.onlyBaseline, won: counts.onlyCandidate });
  const sides = { baseline: reported(theirs), candidate: reported(ours) };
  return { row: { task, metric, filter, n, ...sides, ...(counts ?? none), p }, counts };
}

/** A metric of one side, and its place among the values of a document. */
interface MetricColumn {
  readonly metric: BenchmarkMetric;
  readonly index: number;
}

/** @throws Error if the task does not have the metric: then it is not compared */
function columnOf({ name, metrics }: Pick<BenchmarkTask, 'name' | 'metrics'>, wanted: BenchmarkMetric): MetricColumn {
  const index = metrics.findIndex(({ metric, filter }) => metric === wanted.metric && filter === wanted.filter);
  const metric = metrics[index];
  if (metric === undefined) throw new Error(`${name} has no ${wanted.metric},${wanted.filter}`);
  return { metric, index };
}

/** Null unless every answer is right (1) or wrong (0), and what is reported is their mean. */
function countsOf(
  { ours, theirs }: { readonly ours: MetricColumn; readonly theirs: MetricColumn },
  documents: readonly PairedDocument[],
): Counts | null {
  const isJudged = ({ metric: { higherIsBetter, isGraded } }: MetricColumn) =>
    higherIsBetter !== false && isGraded !== false;
  if (!isJudged(ours) || !isJudged(theirs)) return null;
  const counts = { bothRight: 0, onlyBaseline: 0, onlyCandidate: 0, bothWrong: 0 };
  for (const { candidate, baseline } of documents) {
    const [own, other] = [candidate.values[ours.index], baseline.values[theirs.index]];
    if ((own !== 0 && own !== 1) || (other !== 0 && other !== 1)) return null;
    counts[other === 1 ? (own === 1 ? 'bothRight' : 'onlyBaseline') : own === 1 ? 'onlyCandidate' : 'bothWrong']++;
  }
  const isMean = (right: number, value: number | null) =>
    value !== null && Math.abs(right / documents.length - value) <= ROUNDING;
  const { bothRight, onlyBaseline, onlyCandidate } = counts;
  const isReported =
    isMean(bothRight + onlyCandidate, ours.metric.value) && isMean(bothRight + onlyBaseline, theirs.metric.value);
  return isReported ? counts : null;
}

/** Sums of floating-point numbers depend on their order. */
const ROUNDING = 1e-9;

function areIdentical(documents: readonly PairedDocument[]): boolean | null {
  if (documents.some(({ candidate, baseline }) => candidate.logprobs === null || baseline.logprobs === null))
    return null;
  return documents.every(({ candidate, baseline }) => isDeepStrictEqual(candidate.logprobs, baseline.logprobs));
}

function chanceOf({ outputType }: BenchmarkTask, documents: readonly PairedDocument[]): number {
  if (outputType !== 'multiple_choice') return 0;
  const shares = documents.map(({ baseline: { logprobs, choices, rightChoices = 1 } }) => {
    const options = choices ?? logprobs?.length;
    return options === undefined ? 0 : Math.min(1, rightChoices / Math.max(1, options));
  });
  return shares.reduce((sum, share) => sum + share, 0) / documents.length;
}

/** A group has a row only if all of its tasks may be compared. */
function compareGroup(
  ours: BenchmarkGroup,
  theirs: BenchmarkGroup,
  leaves: readonly string[],
  compared: readonly ComparedTask[],
): ComparedGroup[] {
  const tasks = compared.filter(({ name }) => leaves.includes(name));
  if (leaves.length === 0 || tasks.length < leaves.length) return [];
  const documents = tasks.reduce((sum, task) => sum + task.documents, 0);
  const metrics = ours.metrics.map((metric) => {
    const counts = sumCounts(tasks.map((task) => metricOf(task, metric)?.counts ?? null));
    return compareMetric(ours.name, metric, columnOf(theirs, metric).metric, documents, counts);
  });
  return [{ name: ours.name, tasks, metrics }];
}

function metricOf({ metrics }: ComparedTask, { metric, filter }: BenchmarkMetric): ComparedMetric | undefined {
  return metrics.find(({ row }) => row.metric === metric && row.filter === filter);
}

/** Null if any of them is. */
export function sumCounts(all: readonly (Counts | null)[]): Counts | null {
  return all.reduce<Counts | null>(
    (sum, own) =>
      sum &&
      own && {
        bothRight: sum.bothRight + own.bothRight,
        onlyBaseline: sum.onlyBaseline + own.onlyBaseline,
        onlyCandidate: sum.onlyCandidate + own.onlyCandidate,
        bothWrong: sum.bothWrong + own.bothWrong,
      },
    { bothRight: 0, onlyBaseline: 0, onlyCandidate: 0, bothWrong: 0 },
  );
}

/** The tasks of a group, those of groups within it included. */
function leavesOf(name: string, groups: ReadonlyMap<string, BenchmarkGroup>, above: readonly string[] = []): string[] {
  const group = groups.get(name);
  if (!group) return [name];
  if (above.includes(name)) return [];
  return [...new Set(group.members.flatMap((member) => leavesOf(member, groups, [...above, name])))];
}
