/**
 * k, in standard deviations: half of the shift that is found soonest, of one standard deviation (Montgomery 2012, §9.1.3).
 */
export const REFERENCE_VALUE = 0.5;

/**
 * h, in standard deviations: a sum above it is an alarm. With k = ½, independent normal values without a shift give a false
 * one after 930 values on average, and values that have shifted by one standard deviation a true one after 10.4. (Two-sided
 * charts, which alarm twice as often without a shift: 465 and 10.4 for h = 5, 168 and 8.4 for h = 4; Lucas & Crosier 1982,
 * Technometrics 24:199; Montgomery, table 9.3.)
 */
export const DECISION_INTERVAL = 5;

export interface CusumPoint {
  /** C⁺ᵢ, from 0. */
  readonly sum: number;
  /** N⁺ᵢ: values since the sum was last zero. The first of them is when the shift seems to have begun. */
  readonly run: number;
}

/**
 * One-sided tabular CUSUM, of shifts up (Page 1954, Biometrika 41:100; Montgomery 2012, Introduction to Statistical Quality
 * Control, §9.1.2; NIST/SEMATECH e-Handbook, 6.3.2.3): C⁺ᵢ = max(0, C⁺ᵢ₋₁ + xᵢ − k), C⁺₀ = 0. Of shifts down: the values negated.
 * @param values in standard deviations from where they should be, the oldest first
 * @returns a point for each value
 */
export function cusum(values: readonly number[], reference: number = REFERENCE_VALUE): CusumPoint[] {
  let [sum, run] = [0, 0];
  return values.map((value) => {
    sum = Math.max(0, sum + value - reference);
    run = sum > 0 ? run + 1 : 0;
    return { sum, run };
  });
}
