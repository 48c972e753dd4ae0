import { groupBy } from '@shadow-gate/platform';
import { clusterInterval, tQuantile } from '../../statistics/index.ts';
import { expectedChange } from '../pairing/graded.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { unitsIn } from '../pairing/sample.ts';
import type { ChangeRow, FormChange } from '../rows/gains.ts';
import type { KindView } from './kinds.ts';
import { meanAboveChance, type Observation } from './transfer.ts';

/**
 * How both forms of each suite and kind of twin changed, over the facts that its shadow delta is over, and by
 * capability. The intervals are Student's over the units of that delta, with a standard error of at least that of one
 * unit.
 * @param level of the intervals, two-sided
 */
export function changeRows(kinds: readonly KindView[], level: number): ChangeRow[] {
  return kinds.flatMap((view) => rowsOf(view, level));
}

function rowsOf({ row, delta }: KindView, level: number): ChangeRow[] {
  if (delta === null) return [];
  const parts = [...groupBy(delta.observations, capabilityOf)];
  const scopes: ReadonlyArray<readonly [string | null, readonly Observation[]]> = [
    [null, delta.observations],
    // One capability alone is everything.
    ...(parts.length > 1 ? parts : []),
  ];
  return scopes.flatMap(([capability, observations]): ChangeRow[] => {
    const benchmark = formChange(observations, ofBenchmark, level);
    const twin = formChange(observations, ofTwins, level);
    if (!benchmark || !twin) return [];
    const { suite, kind, group } = row;
    const facts = Math.min(benchmark.start.n, twin.start.n);
    const units = unitsIn(observations.flatMap(ofBenchmark));
    return [{ suite, kind, group, capability, facts, ...units, benchmark, twin }];
  });
}

type ItemsOf = (observation: Observation) => readonly PairedItem[];

const ofBenchmark: ItemsOf = ({ benchmark }) => (benchmark === null ? [] : [benchmark]);
const ofTwins: ItemsOf = ({ twins }) => twins;

function capabilityOf({ benchmark, twins: [twin] }: Observation): string {
  return (benchmark ?? twin)?.capability ?? '';
}

/** Null for fewer than two units, and where guessing is always right. */
function formChange(observations: readonly Observation[], itemsOf: ItemsOf, level: number): FormChange | null {
  const having = observations.filter((observation) => itemsOf(observation).length > 0);
  const units = [...groupBy(having, ({ cluster }) => cluster).values()];
  const mean = (numberOf: (item: PairedItem) => number) => (observation: Observation) => {
    const items = itemsOf(observation);
    return items.reduce((sum, item) => sum + numberOf(item), 0) / items.length;
  };
  const interval = clusterInterval(
    units.map((own) => own.map(mean(expectedChange))),
    level,
  );
  if (interval === null) return null;
  const half = tQuantile((1 + level) / 2, interval.df) * Math.max(interval.standardError, 1 / units.length);
  const total = (numberOf: (observation: Observation) => number) =>
    having.reduce((sum, observation) => sum + numberOf(observation), 0) / having.length;
  const start = {
    share: total((observation) => meanAboveChance(itemsOf(observation), 'baseline')),
    n: having.length,
    scale: total(mean(({ chance }) => 1 / (1 - chance))),
  };
  // Nothing is above a chance of 1.
  if (!Number.isFinite(start.scale)) return null;
  return { value: interval.mean, lower: interval.mean - half, upper: interval.mean + half, start };
}
