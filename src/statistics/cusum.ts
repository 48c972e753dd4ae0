/** k, in standard deviations: half of the shift that is detected fastest (Montgomery 2012, §9.1.3). */
const REFERENCE_VALUE = 0.5;

/**
 * h, in standard deviations: a sum above it is an alarm. With k = ½, independent normal values without a shift give a
 * false alarm after 930 values on average; after a shift by one standard deviation the true alarm comes after 10.4.
 * (Two-sided charts, which alarm twice as often without a shift: 465 and 10.4 for h = 5, 168 and 8.4 for h = 4; Lucas &
 * Crosier 1982, Technometrics 24:199; Montgomery, table 9.3.)
 */
export const DECISION_INTERVAL = 5;

export interface CusumPoint {
  /** C⁺ᵢ, from 0. */
  readonly sum: number;
  /** N⁺ᵢ: number of values since the sum was last zero. The first of them estimates when the shift began. */
  readonly run: number;
}

/**
 * One-sided tabular CUSUM, for upward shifts (Page 1954, Biometrika 41:100; Montgomery 2012, Introduction to
 * Statistical Quality Control, §9.1.2; NIST/SEMATECH e-Handbook, 6.3.2.3): C⁺ᵢ = max(0, C⁺ᵢ₋₁ + xᵢ − k), C⁺₀ = 0.
 * Negate the values for downward shifts.
 * @param values deviations from the target, in standard deviations, oldest first
 * @returns one point per value
 */
export function cusum(values: readonly number[]): CusumPoint[] {
  let [sum, run] = [0, 0];
  return values.map((value) => {
    sum = Math.max(0, sum + value - REFERENCE_VALUE);
    run = sum > 0 ? run + 1 : 0;
    return { sum, run };
  });
}
