import { medianAbsoluteDeviation, median as medianOf } from 'simple-statistics';

/** Median; the mean of the two middle values for an even count (as numpy). Null for nothing. */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : medianOf([...values]);
}

/** Σ wᵢxᵢ / Σ wᵢ. Null for nothing or no weight. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number | null {
  let total = 0;
  let weight = 0;
  values.forEach((value, i) => {
    total += value * (weights[i] ?? 0);
    weight += weights[i] ?? 0;
  });
  return weight > 0 ? total / weight : null;
}

/** MAD · 1.4826 estimates the standard deviation of normal data (Rousseeuw & Croux 1993). */
const MAD_TO_SIGMA = 1.4826;

/**
 * Robust z-score of each value within its group: (x − median) / max(1.4826 · MAD, floor).
 * @param floor the smallest spread that is taken seriously
 */
export function robustZ(values: readonly number[], floor: number): number[] {
  const centre = median(values) ?? 0;
  const spread = values.length === 0 ? 0 : MAD_TO_SIGMA * medianAbsoluteDeviation([...values]);
  const scale = Math.max(spread, floor);
  return values.map((value) => (value === centre ? 0 : (value - centre) / scale));
}

/**
 * Gini coefficient of non-negative values: 0 if all are equal, towards 1 if one has everything.
 * G = 2·Σ i·xᵢ / (n·Σx) − (n + 1)/n with x ascending. Null for nothing or all zeros.
 */
export function gini(values: ArrayLike<number>): number | null {
  const ascending = Float64Array.from(values).sort();
  const n = ascending.length;
  let total = 0;
  let ranked = 0;
  ascending.forEach((value, i) => {
    total += value;
    ranked += (i + 1) * value;
  });
  return total > 0 ? (2 * ranked) / (n * total) - (n + 1) / n : null;
}
