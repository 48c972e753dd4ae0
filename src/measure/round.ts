import type { Metrics } from '../spectra/metrics-schema.ts';
import type { MaybeBounded } from '../statistics/bounded.ts';

/**
 * Digits that a measurement keeps. More than any use of them, and fewer than float64 has, so that the last bits, which
 * depend on how many threads shared a sum, do not make two files of the same checkpoint differ.
 */
const SIGNIFICANT_DIGITS = 10;

export function roundNumber(value: number, digits = SIGNIFICANT_DIGITS): number {
  return Number(value.toPrecision(digits));
}

/** Bounds are some 10⁻⁶ apart at the least: they hold as well when they are rounded. */
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
