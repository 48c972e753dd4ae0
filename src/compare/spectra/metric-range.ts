import { lowerBound, type MaybeBounded, upperBound } from '@shadow-gate/spectra/bounded';
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

/** Possible values of a metric, whatever the weights: rules for others can never report. */
export function metricRange(metric: string): MetricRange {
  return RANGES[metric] ?? (metric.startsWith('topEnergy.') ? SHARE : POSITIVE);
}

/** The width of a number's bounds in units of `scale`, or of 1 where that is 0; null where they have no end. */
export function boundsWidth(measured: MaybeBounded, scale: number): number | null {
  const width = (upperBound(measured) - lowerBound(measured)) / (Math.abs(scale) || 1);
  return Number.isFinite(width) ? width : null;
}
