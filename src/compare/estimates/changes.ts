import { groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { clusterInterval, logOdds, tQuantile } from '../../statistics/index.ts';
import { expectedChange } from '../pairing/graded.ts';
import { reaches } from '../pairing/limits.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { unitsIn } from '../pairing/sample.ts';
import type { ChangeRow, FormChange } from '../rows/gains.ts';
import type { KindView } from './kinds.ts';
import { meanAboveChance, type Observation } from './transfer.ts';

/** Student's intervals over the units of the shadow delta, with at least the standard error of one unit. */
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

/** Null for fewer than two units, or if guessing is always right. */
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

/**
 * The least change of the twins within the policy's limits by values, if the benchmark form changed by `gain`.
 *
 * - A gain, by `shadow-delta`: the shadow delta is at most `margin`, or transfer at least `transfer-fail`. The limit of
 *   transfer, in log-odds above chance, becomes a change of accuracy from where this row starts.
 * - A loss of either form, by `twin-accuracy`: less than `drop`.
 *
 * The checks ask more of a failure: intervals beyond the limits of a gain, and a significant loss over all facts.
 *
 * Exact if guessing is right equally often for all items of a form; else the change is assumed to spread evenly.
 * @param gain Δbenchmark as a share of 1
 * @returns as a share of 1; ∞ if no change of the twins is enough
 */
export function leastTwinChange(
  { benchmark, twin }: Pick<ChangeRow, 'benchmark' | 'twin'>,
  policy: Pick<ProbePolicy, 'shadow-delta' | 'twin-accuracy'>,
  gain: number,
): number {
  const { drop } = policy['twin-accuracy'];
  if (reaches(-gain, drop)) return Infinity;
  return Math.max(-drop, leastByGain({ benchmark, twin }, policy['shadow-delta'], gain));
}

function leastByGain(
  { benchmark, twin }: Pick<ChangeRow, 'benchmark' | 'twin'>,
  rule: ProbePolicy['shadow-delta'],
  gain: number,
): number {
  if (!reaches(gain, rule['minimum-gain'])) return -Infinity;
  const gained = oddsAfter(benchmark.start, gain) - oddsAfter(benchmark.start, 0);
  if (!(gained > 0)) return -Infinity;
  const odds = oddsAfter(twin.start, 0) + rule['transfer-fail'] * gained;
  const share = 1 / (1 + Math.exp(-odds));
  return Math.min(gain - rule.margin, (share - twin.start.share) / twin.start.scale);
}

/** Log-odds above chance after a change of accuracy. */
function oddsAfter({ share, scale, n }: ChangeRow['benchmark']['start'], change: number): number {
  return logOdds(share + change * scale, n);
}
