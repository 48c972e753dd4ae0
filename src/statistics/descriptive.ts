import { at } from '@shadow-gate/platform';
import {
  standardDeviation as deviationOf,
  mean as meanOfValues,
  medianAbsoluteDeviation,
  median as medianOf,
  sampleStandardDeviation,
} from 'simple-statistics';

/** As `Math.min(...values)`, which overflows the stack at some hundred thousand values. */
export function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

/** As `Math.max(...values)`, for any number of values. */
export function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

/** Median; for an even count the mean of the two middle values, as in numpy. Null for no values. */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : medianOf([...values]);
}

/** Standard deviation of all values, not of a sample; 0 for no values. */
export function standardDeviation(values: readonly number[]): number {
  return values.length === 0 ? 0 : deviationOf([...values]);
}

/** s/√n, with n − 1 in s. Null for fewer than two values. */
export function standardErrorOfMean(values: readonly number[]): number | null {
  return values.length < 2 ? null : sampleStandardDeviation([...values]) / Math.sqrt(values.length);
}

/** Σ wᵢxᵢ / Σ wᵢ. Null for no values, or no weight. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number | null {
  let total = 0;
  let weight = 0;
  values.forEach((value, i) => {
    total += value * at(weights, i);
    weight += at(weights, i);
  });
  return weight > 0 ? total / weight : null;
}

/** MAD · 1.4826 estimates the standard deviation of normal data (Rousseeuw & Croux 1993). */
const MAD_TO_SIGMA = 1.4826;

/**
 * Robust z-score of each value within its group: (x − median) / max(1.4826 · MAD, leastSpread).
 * @param leastSpread a smaller spread does not make a small deviation an outlier
 */
export function robustZ(values: readonly number[], leastSpread: number): number[] {
  const center = median(values);
  if (center === null) return [];
  const scale = Math.max(MAD_TO_SIGMA * medianAbsoluteDeviation([...values]), leastSpread);
  return values.map((value) => (value === center ? 0 : (value - center) / scale));
}

/** Mean of one value or more. */
export function arithmeticMean(values: readonly number[]): number {
  return meanOfValues([...values]);
}

/** Standard deviation of a sample, by n − 1; 0 for fewer than two values. */
export function sampleDeviation(values: readonly number[]): number {
  return values.length < 2 ? 0 : sampleStandardDeviation([...values]);
}
