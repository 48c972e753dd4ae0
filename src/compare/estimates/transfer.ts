import { groupBy } from '@shadow-gate/platform';
import { aboveChance, bootstrap, logOdds, percentileInterval } from '../../statistics/index.ts';
import { expectedAccuracy } from '../pairing/graded.ts';
import type { PairedItem, Side } from '../pairing/paired-item.ts';
import type { Estimate } from '../rows/fields.ts';

/** One fact; of a group, benchmark forms and twins are separate observations. */
export interface Observation {
  readonly benchmark: PairedItem | null;
  /** Empty for a benchmark form with only a group as its twins. */
  readonly twins: readonly PairedItem[];
  /** Observations of one cluster are drawn together. */
  readonly cluster: string;
}

export interface Transfer {
  readonly value: number;
  readonly interval: (level: number) => Estimate;
}

/** Strata of fewer observations are drawn together: a stratum of one would never vary. */
const SMALL_STRATUM = 20;

/**
 * The part of a gain in benchmark form that carries over to twins, in chance-corrected log-odds: Δl(twin) ÷
 * Δl(benchmark), with l(p) = logit((p − chance)/(1 − chance)). Unlike points, log-odds do not depend on how hard twins
 * are (docs/lab-notes/decisions/010-twins.md). The interval is a percentile bootstrap, stratified by family.
 * @returns null if the benchmark form did not gain
 */
export function estimateTransfer(observations: readonly Observation[]): Transfer | null {
  const all = termsOf(observations);
  const value = ratioOf(Float64Array.from(all));
  if (Number.isNaN(value)) return null;
  const families = groupBy(observations, familyOf);
  const stratum = (observation: Observation) => {
    const family = familyOf(observation);
    return (families.get(family)?.length ?? 0) < SMALL_STRATUM ? sampleOf(observation) : family;
  };
  const units = [...groupBy(observations, ({ cluster }) => cluster).values()].flatMap((members) => {
    const [first] = members;
    return first ? [{ stratum: stratum(first), terms: termsOf(members) }] : [];
  });
  let replicates: Float64Array | null = null;
  return {
    value,
    interval: (level) => {
      replicates ??= bootstrap(units, ratioOf);
      const { lower, upper } = percentileInterval(replicates, level);
      const finite = (bound: number) => (Number.isFinite(bound) ? bound : null);
      return { value, lower: finite(lower), upper: finite(upper) };
    },
  };
}

function familyOf(observation: Observation): string {
  const item = observation.benchmark ?? observation.twins[0];
  return JSON.stringify([sampleOf(observation), item?.family]);
}

/** Benchmark forms of a group's suite and items of the group are two samples. */
function sampleOf({ benchmark, twins }: Observation): string {
  return `${benchmark === null ? 0 : 1} ${twins.length === 0 ? 0 : 1}`;
}

/** Number of observations and sums of chance-corrected shares (baseline, candidate), first for the benchmark. */
function termsOf(observations: readonly Observation[]): number[] {
  const terms = [0, 0, 0, 0, 0, 0];
  const add = (start: number, items: readonly PairedItem[]) => {
    if (items.length === 0) return;
    terms[start] = (terms[start] ?? 0) + 1;
    terms[start + 1] = (terms[start + 1] ?? 0) + meanAboveChance(items, 'baseline');
    terms[start + 2] = (terms[start + 2] ?? 0) + meanAboveChance(items, 'candidate');
  };
  for (const { benchmark, twins } of observations) {
    add(0, benchmark ? [benchmark] : []);
    add(3, twins);
  }
  return terms;
}

export function meanAboveChance(items: readonly PairedItem[], side: Side): number {
  return items.reduce((sum, item) => sum + aboveChance(expectedAccuracy(item, side), item.chance), 0) / items.length;
}

/** NaN without a gain in benchmark form, or if one of the two has no observation. */
function ratioOf(sums: Float64Array): number {
  const [n = 0, baseline = 0, candidate = 0, twins = 0, twinBaseline = 0, twinCandidate = 0] = sums;
  const gain = logOdds(candidate / n, n) - logOdds(baseline / n, n);
  if (!(gain > 0) || twins === 0) return Number.NaN;
  return (logOdds(twinCandidate / twins, twins) - logOdds(twinBaseline / twins, twins)) / gain;
}
