import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gravestOf, listedLevel, type SuiteLevel, suiteLimit } from '../../policy/suite-tier.ts';
import { holm } from '../../statistics/index.ts';
import type { FindingOf } from '../finding.ts';
import { reaches } from '../pairing/limits.ts';
import { groupByLevel, poolOf, type SuitePool } from '../pairing/pool.ts';
import { isBeyondGuessing, lossProbability, type Outcomes, outcomeMeans } from './outcomes.ts';
import { type BenchmarkPairing, type ComparedMetric, type ComparedTask, joinOutcomes } from './pair.ts';

/** A test for a loss of one metric; all names null: of all tasks, each by its first metric that is right or wrong. */
interface BenchmarkLoss extends Pick<FindingOf<'benchmark-loss'>, 'task' | 'metric' | 'filter' | 'p' | 'limit'> {
  readonly outcomes: Outcomes;
}

/** A benchmark as a whole: a group or task that is in no other group. */
export interface BenchmarkUnit {
  readonly name: string;
  readonly documents: number;
  /** Each task by its judged metric; null if a task has none. */
  readonly outcomes: Outcomes | null;
  readonly chance: number;
  readonly tasks: readonly ComparedTask[];
}

export function judgedOutcomes(task: Pick<ComparedTask, 'metrics'>): Outcomes | null {
  return testedMetrics(task)[0]?.outcomes ?? null;
}

/** Metrics that are right or wrong, shares of samples first, without those that add nothing to a share. */
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

/** A task of a milder level than its group is a unit of its own. */
export function benchmarkUnits(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkUnit[] {
  const levelOf = ({ name }: Pick<BenchmarkUnit, 'name'>) => benchmarkLevel(name, pairing, policy);
  const roots = benchmarkScopes(pairing).filter(({ name }) => pairing.roots.includes(name));
  const whole = roots.map((unit) => ({ ...unit, tasks: unit.tasks.filter((task) => levelOf(task) === levelOf(unit)) }));
  const apart = new Set(roots.flatMap((unit) => unit.tasks.filter((task) => levelOf(task) !== levelOf(unit))));
  return [
    ...whole.filter(({ tasks }) => tasks.length > 0),
    ...[...apart].map((task) => ({ name: task.name, tasks: [task] })),
  ].map(({ name, tasks }) => benchmarkUnit(name, tasks));
}

export function benchmarkScopes({ tasks, groups }: BenchmarkPairing): Pick<BenchmarkUnit, 'name' | 'tasks'>[] {
  return [...groups, ...tasks.map((task) => ({ name: task.name, tasks: [task] }))];
}

export function pooledTasks(pairing: BenchmarkPairing, policy: ProbePolicy): readonly ComparedTask[] {
  const pool = poolOfBenchmarks(pairing, policy);
  return pairing.tasks.filter(({ name }) => pool.has(name));
}

export function allOutcomes(pairing: BenchmarkPairing, policy: ProbePolicy): Outcomes | null {
  const known = pooledTasks(pairing, policy).flatMap((task) => judgedOutcomes(task) ?? []);
  return known.length === 0 ? null : known;
}

export function benchmarkLimit(name: string, accuracy: number, pairing: BenchmarkPairing, policy: ProbePolicy): number {
  const { drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  const isAlone = pooledTasks(pairing, policy).length === 1 && poolOfBenchmarks(pairing, policy).has(name);
  return suiteLimit(name, accuracy, policy) ?? (isAlone ? drop : partDrop);
}

function testBenchmarkLosses(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkLoss[] {
  const { drop } = policy['twin-accuracy'];
  const all = allOutcomes(pairing, policy);
  // A group with a task of another level is not tested as a whole.
  const groups = pairing.groups.filter(({ name, tasks }) =>
    tasks.every((task) => benchmarkLevel(task.name, pairing, policy) === benchmarkLevel(name, pairing, policy)),
  );
  const parts = [...pairing.tasks, ...groups].flatMap((scope) =>
    testedMetrics(scope).map(({ row: { task, metric, filter }, outcomes }) => {
      const limit = benchmarkLimit(task, outcomeMeans(outcomes).baseline, pairing, policy);
      return { task, metric, filter, outcomes, limit };
    }),
  );
  const isOfSeveral = all !== null && pooledTasks(pairing, policy).length > 1;
  const whole = isOfSeveral ? [{ task: null, metric: null, filter: null, outcomes: all, limit: drop }] : [];
  const tests = [...parts, ...whole];
  const adjusted = holm(tests.map(({ outcomes }) => lossProbability(outcomes)));
  return tests.map((test, i) => ({ ...test, p: adjusted[i] ?? 1 }));
}

/** Shown losses of each level, at most one per task: of tasks, else groups, else everything. */
export function shownLosses(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkLoss[] {
  const { alpha } = policy['twin-accuracy'];
  const shown = testBenchmarkLosses(pairing, policy)
    .filter(({ p, outcomes, limit }) => p < alpha && reaches(-outcomeMeans(outcomes).change, limit))
    .sort((a, b) => a.p - b.p);
  const { level } = poolOfBenchmarks(pairing, policy);
  const levelOf = ({ task }: BenchmarkLoss) => (task === null ? level : benchmarkLevel(task, pairing, policy));
  return [...groupByLevel(shown, levelOf).values()].flatMap((own) => firstLosses(own, pairing));
}

function firstLosses(shown: readonly BenchmarkLoss[], pairing: BenchmarkPairing): BenchmarkLoss[] {
  const groups = new Set(pairing.groups.map(({ name }) => name));
  const levels = [
    shown.filter(({ task }) => task !== null && !groups.has(task)),
    shown.filter(({ task }) => task !== null && groups.has(task)),
    shown,
  ];
  const first = levels.find((losses) => losses.length > 0) ?? [];
  return first.filter((loss, i) => first.findIndex(({ task }) => task === loss.task) === i);
}

export function isAboveChance({ outcomes, chance }: BenchmarkUnit, policy: ProbePolicy): boolean {
  return outcomes !== null && isBeyondGuessing(outcomes, chance, policy);
}

type Nested = Pick<BenchmarkPairing, 'parents'>;

/** Its own level in the policy, or the gravest of its groups. */
export function benchmarkLevel(name: string, { parents }: Nested, policy: ProbePolicy): SuiteLevel {
  return knownLevel(name, parents, policy) ?? 'fail';
}

function knownLevel(
  name: string,
  parents: Nested['parents'],
  policy: ProbePolicy,
  below: readonly string[] = [],
): SuiteLevel | null {
  const own = listedLevel(name, policy);
  if (own !== null || below.includes(name)) return own;
  const above = (parents.get(name) ?? []).flatMap(
    (group) => knownLevel(group, parents, policy, [...below, name]) ?? [],
  );
  return above.length === 0 ? null : gravestOf(above);
}

export function poolOfBenchmarks(pairing: Pick<BenchmarkPairing, 'tasks' | 'parents'>, policy: ProbePolicy): SuitePool {
  return poolOf(
    pairing.tasks.map(({ name }) => name),
    (name) => benchmarkLevel(name, pairing, policy),
  );
}
