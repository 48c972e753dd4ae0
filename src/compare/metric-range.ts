import { MAX_LOG_ODDS } from './derived-metrics.ts';

interface MetricRange {
  readonly least: number;
  readonly most: number;
}

const POSITIVE = { least: 0, most: Number.POSITIVE_INFINITY };
const DIRECTIONS = { least: 1, most: Number.POSITIVE_INFINITY };
const SHARE = { least: 0, most: 1 };

const RANGES: Readonly<Record<string, MetricRange>> = {
  stableRank: DIRECTIONS,
  participationRatio: DIRECTIONS,
  effectiveRank: DIRECTIONS,
  effectiveRankRV: DIRECTIONS,
  topEnergyLogOdds: { least: -MAX_LOG_ODDS, most: MAX_LOG_ODDS },
  mlpTopEnergy: SHARE,
  attentionTopEnergy: SHARE,
  rowGini: SHARE,
};

/**
 * The values that a metric can have whatever the weights are: a rule that asks for others can never report anything.
 */
export function metricRange(metric: string): MetricRange {
  return RANGES[metric] ?? (metric.startsWith('topEnergy.') ? SHARE : POSITIVE);
}
