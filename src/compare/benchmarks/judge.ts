import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialAtLeast, exactMcNemar, holm, tango } from '../../statistics/index.ts';
import { exclusionLevel } from '../probes/change-interval.ts';
import { GUESSING } from '../probes/families.ts';
import { type BenchmarkPairing, type ComparedTask, type Counts, sumCounts } from './pair.ts';

/** A test for a loss: of one metric of a task or group, or of all tasks together. */
interface BenchmarkLoss {
  /** All three null: all tasks, each by its first metric that is right or wrong. */
  readonly task: string | null;
  readonly metric: string | null;
  readonly filter: string | null;
  readonly counts: Counts;
  /** One-sided exact McNemar test, adjusted for the number of tests (Holm). */
  readonly p: number;
  /** The smallest loss that is reported. */
  readonly limit: number;
}

/** A benchmark as a whole: a group that is in no other one, or a task that is in none. */
interface BenchmarkUnit {
  readonly name: string;
  readonly documents: number;
  /** Of the first metric that is right or wrong, of every task; null if a task has none. */
  readonly counts: Counts | null;
  readonly chance: number;
  readonly tasks: readonly ComparedTask[];
}

export const countedDocuments = ({ bothRight, onlyBaseline, onlyCandidate, bothWrong }: Counts): number =>
  bothRight + onlyBaseline + onlyCandidate + bothWrong;

/** Accuracies and their change. The counts are of one document or more. */
export function countedAccuracies(counts: Counts) {
  const n = countedDocuments(counts);
  const baseline = (counts.bothRight + counts.onlyBaseline) / n;
  const candidate = (counts.bothRight + counts.onlyCandidate) / n;
  return { baseline, candidate, change: (counts.onlyCandidate - counts.onlyBaseline) / n };
}

/** What a task is judged by where one metric has to stand for it. */
function firstCounts({ metrics }: ComparedTask): Counts | null {
  return metrics.find(({ counts }) => counts !== null)?.counts ?? null;
}

export function benchmarkUnits({ tasks, groups, roots }: BenchmarkPairing): BenchmarkUnit[] {
  const unit = (name: string, own: readonly ComparedTask[]): BenchmarkUnit => {
    const documents = own.reduce((sum, task) => sum + task.documents, 0);
    const chance = own.reduce((sum, task) => sum + task.chance * task.documents, 0) / documents;
    return { name, documents, chance, counts: sumCounts(own.map(firstCounts)), tasks: own };
  };
  return [
    ...groups.filter(({ name }) => roots.includes(name)).map((group) => unit(group.name, group.tasks)),
    ...tasks.filter(({ name }) => roots.includes(name)).map((task) => unit(task.name, [task])),
  ];
}

/** The answers of all tasks that are right or wrong together; null without any. */
export function allCounts({ tasks }: BenchmarkPairing): Counts | null {
  const counted = tasks.flatMap((task) => firstCounts(task) ?? []);
  return counted.length === 0 ? null : sumCounts(counted);
}

/** Tests for losses: every metric of every task and group, and everything together. */
function testBenchmarkLosses(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkLoss[] {
  const { drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  const all = allCounts(pairing);
  // One task alone is everything.
  const isAlone = pairing.tasks.length === 1;
  const parts = [...pairing.tasks, ...pairing.groups].flatMap(({ metrics }) =>
    metrics.flatMap(({ row: { task, metric, filter }, counts }) =>
      counts ? [{ task, metric, filter, counts, limit: isAlone ? drop : partDrop }] : [],
    ),
  );
  const whole = all && !isAlone ? [{ task: null, metric: null, filter: null, counts: all, limit: drop }] : [];
  const tests = [...parts, ...whole];
  const adjusted = holm(
    tests.map(({ counts }) => exactMcNemar({ lost: counts.onlyBaseline, won: counts.onlyCandidate })),
  );
  return tests.map((test, i) => ({ ...test, p: adjusted[i] ?? 1 }));
}

/** The losses that are shown, at most one of a task: tasks, or else groups, or else everything together. */
export function shownLosses(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkLoss[] {
  const { alpha } = policy['twin-accuracy'];
  const shown = testBenchmarkLosses(pairing, policy)
    .filter(({ p, counts, limit }) => p < alpha && -countedAccuracies(counts).change >= limit)
    .sort((a, b) => a.p - b.p);
  const groups = new Set(pairing.groups.map(({ name }) => name));
  const levels = [
    shown.filter(({ task }) => task !== null && !groups.has(task)),
    shown.filter(({ task }) => task !== null && groups.has(task)),
    shown,
  ];
  const first = levels.find((losses) => losses.length > 0) ?? [];
  return first.filter((loss, i) => first.findIndex(({ task }) => task === loss.task) === i);
}

/** The interval of the change at the level at which a pass excludes harm. */
export function exclusionInterval(counts: Counts, policy: ProbePolicy) {
  return countedInterval(counts, exclusionLevel(policy));
}

/** Tango's interval of the change of accuracy. */
export function countedInterval(counts: Counts, level: number) {
  const { onlyBaseline: lost, onlyCandidate: won } = counts;
  const interval = tango({ lost, won, n: countedDocuments(counts), level });
  return { value: countedAccuracies(counts).change, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}

/** Could a loss show? Not where guessing explains what the baseline has. */
export function isAboveChance({ counts, chance }: BenchmarkUnit, policy: ProbePolicy): boolean {
  if (counts === null || countedAccuracies(counts).baseline <= chance + policy.informative.floor) return false;
  return binomialAtLeast(counts.bothRight + counts.onlyBaseline, countedDocuments(counts), chance) < GUESSING;
}
