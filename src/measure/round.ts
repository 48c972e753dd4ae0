import type { MaybeBounded } from '@shadow-gate/spectra/bounded';
import type { Metrics } from '@shadow-gate/spectra/metrics-schema';

/**
 * Significant digits in a measurement: more than anyone needs, but fewer than float64 has. The last bits depend on how
 * many threads shared a sum; without them, two measurements of one checkpoint are the same file.
 */
const SIGNIFICANT_DIGITS = 10;

export function roundNumber(value: number, digits = SIGNIFICANT_DIGITS): number {
  return Number(value.toPrecision(digits));
}

/** Bounds are at least about 10⁻⁶ apart, so they are still bounds after rounding. */
export function roundMaybeBounded(measured: MaybeBounded): MaybeBounded {
  if (typeof measured === 'number') return roundNumber(measured);
  const { value, low, high } = measured;
  const rounded = roundNumber(value);
  return { value: rounded, low: Math.min(rounded, roundNumber(low)), high: Math.max(rounded, roundNumber(high)) };
}

export function roundMetrics(metrics: Metrics): Metrics {
  const round = (value: unknown): unknown =>
    typeof value === 'number'
      ? roundNumber(value)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, round(item)]))
        : value;
  return round(metrics) as Metrics;
}
