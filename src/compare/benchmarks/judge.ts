import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { holm } from '../../statistics/index.ts';
import { isBeyondGuessing, lossProbability, type Outcomes, outcomeMeans } from './outcomes.ts';
import { type BenchmarkPairing, type ComparedMetric, type ComparedTask, joinOutcomes } from './pair.ts';

/** A test for a loss: of one metric of a task or group, or of all tasks together. */
interface BenchmarkLoss {
  /** All three null: all tasks, each by its first metric that is right or wrong. */
  readonly task: string | null;
  readonly metric: string | null;
  readonly filter: string | null;
  readonly outcomes: Outcomes;
  /** One-sided exact test over documents, adjusted for the number of tests (Holm). */
  readonly p: number;
  /** The smallest loss that is reported. */
  readonly limit: number;
}

/** A benchmark as a whole: a group that is in no other one, or a task that is in none. */
export interface BenchmarkUnit {
  readonly name: string;
  readonly documents: number;
  /** Of every task, by the metric that stands for it; null if a task has none. */
  readonly outcomes: Outcomes | null;
  readonly chance: number;
  readonly tasks: readonly ComparedTask[];
}

/** What a task is judged by where one metric has to stand for it: the first of these. */
export function judgedOutcomes(task: Pick<ComparedTask, 'metrics'>): Outcomes | null {
  return testedMetrics(task)[0]?.outcomes ?? null;
}

/** Metrics that are right or wrong, shares of samples first, but for what adds nothing to such a share. */
function testedMetrics({ metrics }: Pick<ComparedTask, 'metrics'>) {
  const judged = metrics.flatMap(({ outcomes, ...own }) =>
    outcomes && own.ofSamples !== 'redundant' ? [{ ...own, outcomes }] : [],
  );
  const isShare = ({ ofSamples }: Pick<ComparedMetric, 'ofSamples'>) => ofSamples === 'share';
  return [...judged.filter(isShare), ...judged.filter((own) => !isShare(own))];
}

export function benchmarkUnit(name: string, tasks: readonly ComparedTask[]): BenchmarkUnit {
  const documents = tasks.reduce((sum, task) => sum + task.documents, 0);
  const chance = tasks.reduce((sum, task) => sum + task.chance * task.documents, 0) / documents;
  return { name, documents, chance, outcomes: joinOutcomes(tasks.map(judgedOutcomes)), tasks };
}

export function benchmarkUnits(pairing: BenchmarkPairing): BenchmarkUnit[] {
  return benchmarkScopes(pairing)
    .filter(({ name }) => pairing.roots.includes(name))
    .map(({ name, tasks }) => benchmarkUnit(name, tasks));
}

/** Groups first. */
export function benchmarkScopes({ tasks, groups }: BenchmarkPairing): Pick<BenchmarkUnit, 'name' | 'tasks'>[] {
  return [...groups, ...tasks.map((task) => ({ name: task.name, tasks: [task] }))];
}

/** The answers of all tasks that are right or wrong together; null without any. */
export function allOutcomes({ tasks }: BenchmarkPairing): Outcomes | null {
  const known = tasks.flatMap((task) => judgedOutcomes(task) ?? []);
  return known.length === 0 ? null : known;
}

/** Tests for losses: every metric of every task and group, and everything together. */
function testBenchmarkLosses(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkLoss[] {
  const { drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  const all = allOutcomes(pairing);
  // One task alone is everything.
  const isAlone = pairing.tasks.length === 1;
  const parts = [...pairing.tasks, ...pairing.groups].flatMap((scope) =>
    testedMetrics(scope).map(({ row: { task, metric, filter }, outcomes }) => {
      return { task, metric, filter, outcomes, limit: isAlone ? drop : partDrop };
    }),
  );
  const whole = all && !isAlone ? [{ task: null, metric: null, filter: null, outcomes: all, limit: drop }] : [];
  const tests = [...parts, ...whole];
  const adjusted = holm(tests.map(({ outcomes }) => lossProbability(outcomes)));
  return tests.map((test, i) => ({ ...test, p: adjusted[i] ?? 1 }));
}

/** The losses that are shown, at most one of a task: tasks, or else groups, or else everything together. */
export function shownLosses(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkLoss[] {
  const { alpha } = policy['twin-accuracy'];
  const shown = testBenchmarkLosses(pairing, policy)
    .filter(({ p, outcomes, limit }) => p < alpha && -outcomeMeans(outcomes).change >= limit)
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

/** Could a loss show? Not where guessing explains what the baseline has. */
export function isAboveChance({ outcomes, chance }: BenchmarkUnit, policy: ProbePolicy): boolean {
  return outcomes !== null && isBeyondGuessing(outcomes, chance, policy);
}
