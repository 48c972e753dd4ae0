import { tQuantile } from './distributions.ts';

export interface RatioInterval {
  /** Mean of the numerators ÷ mean of the denominators; ±∞ or NaN if the latter is 0. */
  ratio: number;
  lower: number;
  upper: number;
  /** Whether the denominator differs from zero at this level. If not, no finite interval is valid: it is −∞ to ∞. */
  bounded: boolean;
}

/**
 * Interval of a ratio of means of paired values (Fieller 1954, JRSS B 16:175; Franz 2007, arXiv:0710.2024): the ρ for
 * which a one-sample t test does not reject that the mean of numerator − ρ · denominator is zero. With means ȳ, x̄, the
 * (co)variances of the means vᵧᵧ, vᵧₓ, vₓₓ and t at n − 1 degrees of freedom it is where aρ² − 2bρ + c ≤ 0, a = x̄² −
 * t²vₓₓ, b = ȳx̄ − t²vᵧₓ, c = ȳ² − t²vᵧᵧ. For a ≤ 0 that set is the whole line, or the line without an interval; −∞ to
 * ∞ contains it.
 * @param level two-sided, such as .95
 * @returns null for fewer than two pairs
 */
export function fieller(
  pairs: readonly { numerator: number; denominator: number }[],
  level: number,
): RatioInterval | null {
  const n = pairs.length;
  if (n < 2) return null;
  const y = pairs.reduce((total, pair) => total + pair.numerator, 0) / n;
  const x = pairs.reduce((total, pair) => total + pair.denominator, 0) / n;
  let [yy, yx, xx] = [0, 0, 0];
  for (const { numerator, denominator } of pairs) {
    yy += (numerator - y) ** 2;
    yx += (numerator - y) * (denominator - x);
    xx += (denominator - x) ** 2;
  }
  const scale = tQuantile((1 + level) / 2, n - 1) ** 2 / (n * (n - 1));
  const a = x * x - scale * xx;
  const b = y * x - scale * yx;
  const c = y * y - scale * yy;
  if (a <= 0) return { ratio: y / x, lower: -Infinity, upper: Infinity, bounded: false };
  // Not negative for a > 0, since the ratio itself is never rejected, except by rounding.
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  return { ratio: y / x, lower: (b - root) / a, upper: (b + root) / a, bounded: true };
}
