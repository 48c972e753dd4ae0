import { groupBy } from '@shadow-gate/platform';
import type { Measurement } from '../../measure/schema/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { isRequiredSuite } from '../../policy/suite-tier.ts';
import { gradedTasks, judgingRow } from '../benchmarks/graded-documents.ts';
import {
  allOutcomes,
  type BenchmarkUnit,
  benchmarkLevel,
  benchmarkUnits,
  isAboveChance,
  pooledTasks,
  poolOfBenchmarks,
  shownLosses,
} from '../benchmarks/judge.ts';
import { changedOutcomes, outcomeInterval, outcomeMeans, pairedCounts } from '../benchmarks/outcomes.ts';
import type { BenchmarkPairing } from '../benchmarks/pair.ts';
import type { Check, ComparisonContext, FoundBySubject } from '../check.ts';
import { exclusionLevel } from '../estimates/change-interval.ts';
import { type Finding, mildestOf } from '../finding.ts';
import { exceeds, reaches } from '../pairing/limits.ts';
import { groupByLevel } from '../pairing/pool.ts';
import type { GradedLoss } from '../rows/losses.ts';
import { canJudge, dropBeyondTies, isGainOfNearTies, isLossExcluded, ruledOut } from '../tests/graded-losses.ts';
import { likelihoodLosses, likelihoodsMissing, unclearLikelihood } from './likelihood.ts';
import { shadowDeltas } from './shadow-delta.ts';

export function evaluationLogsCheck({ candidate, baseline }: ComparisonContext): Finding[] {
  const sides = [['candidate', candidate.benchmarks] as const, ['baseline', baseline?.benchmarks ?? null] as const];
  return sides.flatMap(([side, benchmarks]): Finding[] => {
    if (benchmarks === null) return [];
    const { harness, model, runs } = benchmarks;
    const { name, source, revision, sha } = model;
    const version = runs[0]?.version ?? null;
    return [{ kind: 'evaluation-logs', level: 'info', side, harness, version, model: name, source, revision, sha }];
  });
}

export function logsOfOneSideCheck({ candidate, baseline }: ComparisonContext): Finding[] {
  const [ours, theirs] = [hasTasks(candidate), baseline !== null && hasTasks(baseline)];
  if (ours === theirs) return [];
  const side = ours ? 'candidate' : 'baseline';
  return [{ kind: 'logs-of-one-side', level: 'inconclusive', side, isAlone: baseline === null }];
}

/** Probes that the harness asked are compared as probes. */
function hasTasks({ benchmarks }: Measurement): boolean {
  return benchmarks !== null && benchmarks.tasks.length > 0;
}

/** An adapter that was not loaded, or a training that did nothing: no two models agree to the last digit. */
export function sameLogsCheck({ candidate, baseline, benchmarks, policy }: ComparisonContext): Finding[] {
  const compared = benchmarks?.tasks.flatMap(({ isIdentical }) => isIdentical ?? []) ?? [];
  if (compared.length === 0 || compared.includes(false)) return [];
  // The approved logs themselves.
  const isRepeated = candidate.checkpoint.digest === baseline?.checkpoint.digest;
  const level = isRepeated ? 'info' : policy['nothing-trained'].level;
  const names = { candidate: candidate.run.checkpoint, baseline: baseline?.run.checkpoint ?? '' };
  return [{ kind: 'same-answers', level, ...names, by: 'logs' }];
}

const NAMED = 12;

/** Tasks that differ in the same way are one finding. */
export function benchmarksNotComparableCheck({ benchmarks, policy }: ComparisonContext): Finding[] {
  if (benchmarks === null) return [];
  const levelOf = (task: string) => mildestOf(benchmarkLevel(task, benchmarks, policy), 'inconclusive');
  // A missing required benchmark fails.
  const isMissing = ({ task, cause, candidate }: (typeof benchmarks.different)[number]) =>
    cause === 'task' && candidate === null && isRequiredSuite(task, policy);
  const different = benchmarks.different.filter((own) => !isMissing(own));
  const alike = groupBy(different, ({ task, ...difference }) => JSON.stringify([difference, levelOf(task)]));
  return [...alike.values()].flatMap((members): Finding[] => {
    const [first] = members;
    if (first === undefined) return [];
    const { task: firstTask, ...difference } = first;
    const named = members.slice(0, NAMED).map(({ task }) => task);
    const level = levelOf(firstTask);
    return [{ kind: 'benchmark-not-comparable', level, ...difference, named, tasks: members.length }];
  });
}

export function benchmarkLossCheck({ benchmarks, policy }: ComparisonContext): Finding[] {
  if (benchmarks === null) return [];
  const { level } = policy['twin-accuracy'];
  return shownLosses(benchmarks, policy).map(({ task, metric, filter, outcomes, p, limit }) => ({
    kind: 'benchmark-loss',
    level: isOfNearTies({ task, metric, outcomes, limit }, benchmarks, policy) ? mildestOf(level, 'warn') : level,
    task,
    metric,
    filter,
    ...outcomeMeans(outcomes),
    documents: outcomes.length,
    ...changedOutcomes(outcomes),
    isOfSamples: pairedCounts(outcomes) === null,
    p,
    limit,
  }));
}

type ShownLoss = Pick<ReturnType<typeof shownLosses>[number], 'task' | 'metric' | 'outcomes' | 'limit'>;

/** Scored like graded outcomes: by the log-likelihoods as they are. */
const GRADED_METRIC = 'acc';

/** The likelihoods of the same answers rule the loss out, and it is not much beyond its limit. */
function isOfNearTies(
  { task, metric, outcomes, limit }: ShownLoss,
  { tasks, groups }: BenchmarkPairing,
  policy: ProbePolicy,
): boolean {
  const { change } = outcomeMeans(outcomes);
  if (metric !== GRADED_METRIC || reaches(-change, dropBeyondTies({ limit, reach: 'all' }, policy))) return false;
  const group = groups.find(({ name }) => name === task);
  const row = judgingRow(group?.tasks ?? tasks.filter(({ name }) => name === task), task, policy);
  return row !== null && isLossExcluded(row, ruledOut('all', policy));
}

export function benchmarkLikelihoodCheck({ benchmarks, policy }: ComparisonContext): Finding[] {
  if (benchmarks === null) return [];
  const units = benchmarkUnits(benchmarks, policy);
  const parts = units.length > 1 ? units.map(({ name, tasks }) => gradedTasks(tasks, name, policy)) : [];
  const rows = [gradedTasks(pooledTasks(benchmarks, policy), null, policy), ...parts].filter((row) => row !== null);
  const missing = benchmarks.tasks.flatMap(({ name, lostLikelihoods: length }) => Array.from({ length }, () => name));
  return [
    ...likelihoodLosses(rows, policy, poolOfBenchmarks(benchmarks, policy)),
    ...likelihoodsMissing(groupByLevel(missing, (task) => benchmarkLevel(task, benchmarks, policy))),
  ];
}

/** A gain that does not carry over to group twins, or that nothing can judge: logs have no other forms of questions. */
export function benchmarkGainCheck({ benchmarks, benchmarkTwins: twins, policy }: ComparisonContext): Finding[] {
  if (benchmarks === null) return [];
  const { 'minimum-gain': least, 'format-only': level } = policy['shadow-delta'];
  const gains = twins
    .filter(({ delta }) => delta !== null)
    .map(({ benchmark, twins: group, delta: shadow }) => {
      return { place: { suite: benchmark, twins: 'group', group } as const, shadow };
    });
  const notCarriedOver = shadowDeltas(gains, policy);
  const isReported = (task: string) => notCarriedOver.some((own) => own.kind === 'shadow-delta' && own.suite === task);
  const notShown = benchmarkUnits(benchmarks, policy).flatMap(({ name, outcomes, documents, tasks }): Finding[] => {
    // A gain of group twins is a skill if their benchmark gained too.
    const ofTwins = twins.filter(({ twins: group }) => group === name);
    const isExempt = ofTwins.length > 0 && ofTwins.every(({ delta, isOfTwinsAlone }) => delta && !isOfTwinsAlone);
    if (outcomes === null || isExempt || isReported(name)) return [];
    const own = twins.filter(({ benchmark }) => benchmark === name);
    const open = own.find(({ gap }) => gap !== null);
    if (own.length > 0 && open === undefined) return [];
    const gain = outcomeInterval(outcomes, policy.confidence);
    if (!exceeds(gain.value, least) || gain.lower === null || gain.lower <= 0) return [];
    const graded = tasks.every((task) => task.graded !== null) ? tasks.flatMap((task) => task.graded ?? []) : [];
    if (graded.length > 0 && isGainOfNearTies(graded, gain.value, policy)) return [];
    const { candidate, baseline } = outcomeMeans(outcomes);
    // Like a suite without twins: a warning is not enough, `info` and `fail` count.
    const shown = level === 'warn' ? 'inconclusive' : level;
    const ofOpen = { twins: open?.twins ?? null, gap: open?.gap ?? 'no-twins', excess: open?.row?.delta ?? null };
    const sides = { candidate, baseline, gain, limit: least, ...ofOpen };
    return [{ kind: 'benchmark-gain-not-shown', level: shown, task: name, documents, ...sides }];
  });
  return [...notCarriedOver, ...notShown];
}

/** Why the absence of a loss is not yet a pass. */
export const benchmarksUnclearCheck = {
  findAfter(context: ComparisonContext, found: FoundBySubject): Finding[] {
    const { benchmarks, policy } = context;
    if (benchmarks === null) return [];
    const losses = found.benchmarks.filter(
      (finding) =>
        (finding.kind === 'benchmark-loss' && isInPool(finding.task, benchmarks, policy)) ||
        (finding.kind === 'likelihood-loss' && isInPool(finding.suite, benchmarks, policy)),
    );
    if (losses.some(({ level }) => level === 'fail')) return [];
    // A loss that graded outcomes made milder leaves its size open.
    const { level: levelOfLoss } = policy['twin-accuracy'];
    const isShown = losses.some(({ kind, level }) => kind === 'benchmark-loss' && level === levelOfLoss);
    const isFallShown = losses.some(({ kind }) => kind === 'likelihood-loss');
    const row = gradedTasks(pooledTasks(benchmarks, policy), null, policy);
    return [
      ...notJudged(benchmarks, policy),
      ...(isShown ? [] : unclear(benchmarks, policy)),
      ...(isShown || isFallShown || !canJudge(row) ? [] : unclearLikelihood(row, policy)),
    ];
  },
} satisfies Check;

/** Benchmarks that could show no loss. If likelihoods judge, they have to exclude a loss of both graded outcomes. */
function notJudged(benchmarks: BenchmarkPairing, policy: ProbePolicy): Finding[] {
  const units = benchmarkUnits(benchmarks, policy);
  const unjudged = units
    .filter((unit) => !isAboveChance(unit, policy))
    .map((unit) => ({ unit, row: judgingRow(unit.tasks, unit.name, policy) }));
  const { margin } = ruledOut('all', policy);
  const isExcluded = (row: GradedLoss | null): row is GradedLoss =>
    row !== null && isLossExcluded(row, { margin, limit: null });
  // A pass rests on at least one benchmark of the pool.
  const isOfPool = ({ name }: BenchmarkUnit) => isInPool(name, benchmarks, policy);
  const isNone =
    unjudged.filter(({ unit }) => isOfPool(unit)).length === units.filter(isOfPool).length &&
    !unjudged.some(({ unit, row }) => isOfPool(unit) && isExcluded(row));
  return unjudged.flatMap(({ unit: { name, documents, outcomes, chance }, row }): Finding[] => {
    if (isExcluded(row)) {
      const judged = { kind: 'judged-by-likelihood', level: 'info', capability: name, facts: documents } as const;
      return [judged, ...(units.length > 1 ? unclearLikelihood(row, policy) : [])];
    }
    if (isRequiredSuite(name, policy)) return [];
    const isRequired = isNone || policy.require === undefined || policy.require.includes(name);
    const accuracy = outcomes && outcomeMeans(outcomes).baseline;
    const level = isRequired ? 'inconclusive' : 'info';
    return [{ kind: 'benchmark-not-judged', level, task: name, documents, accuracy, chance, isRequired }];
  });
}

/** @param name null: all tasks of the pool */
function isInPool(name: string | null, benchmarks: BenchmarkPairing, policy: ProbePolicy): boolean {
  return name === null || benchmarkLevel(name, benchmarks, policy) === poolOfBenchmarks(benchmarks, policy).level;
}

/** Is a loss of the margin excluded over all answers? With choices, of expected accuracy: near ties fall both ways. */
function unclear(benchmarks: BenchmarkPairing, policy: ProbePolicy): Finding[] {
  const { margin, level } = policy['twin-accuracy'];
  const outcomes = allOutcomes(benchmarks, policy);
  if (!outcomes || level === 'info') return [];
  const tasks = pooledTasks(benchmarks, policy);
  const row = gradedTasks(tasks, null, policy);
  // A few answers with choices represent few of the others.
  const share = row === null ? 1 : row.items / Math.max(row.items, outcomes.length);
  const isExpected = row !== null && !isLossExcluded(row, { margin: margin / share, limit: null });
  // If known for every task, expected accuracy decides alone.
  if (!isExpected && judgingRow(tasks, null, policy) !== null) return [];
  const { value, lower } = isExpected ? row.expected : outcomeInterval(outcomes, exclusionLevel(policy));
  if (!isExpected && lower !== null && lower > -margin) return [];
  const documents = isExpected ? row.items : outcomes.length;
  const numbers = { change: value, documents, possibleDrop: lower === null ? null : -lower, limit: margin };
  return [{ kind: 'benchmark-unclear', level: 'inconclusive', ...numbers, isExpected }];
}
