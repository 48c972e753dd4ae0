import { normalQuantile } from './distributions.ts';

export interface Stratum {
  /** Right answers, of all, in two independent samples. */
  readonly first: { readonly right: number; readonly of: number };
  readonly second: { readonly right: number; readonly of: number };
}

/**
 * One-sided bound of a difference of two shares, p₁ − p₂, in strata that weigh as much as their second sample: each
 * stratum has the interval of Agresti & Caffo (2000, The American Statistician 54:280), with one more right and one
 * more wrong answer in each sample, and their variances are summed. Strata without both samples do not count.
 * @param level of the bound, such as .99
 * @returns null without a stratum
 */
export function stratifiedDifference(
  strata: readonly Stratum[],
  level: number,
): { readonly first: number; readonly second: number; readonly lower: number } | null {
  const known = strata.filter(({ first, second }) => first.of > 0 && second.of > 0);
  const all = known.reduce((sum, { second }) => sum + second.of, 0);
  if (all === 0) return null;
  let [first, second, difference, variance] = [0, 0, 0, 0];
  for (const stratum of known) {
    const weight = stratum.second.of / all;
    first += (weight * stratum.first.right) / stratum.first.of;
    second += (weight * stratum.second.right) / stratum.second.of;
    const [p, n] = adjusted(stratum.first);
    const [q, m] = adjusted(stratum.second);
    difference += weight * (p - q);
    variance += weight ** 2 * ((p * (1 - p)) / n + (q * (1 - q)) / m);
  }
  return { first, second, lower: difference - normalQuantile(level) * Math.sqrt(variance) };
}

const adjusted = ({ right, of }: { readonly right: number; readonly of: number }) =>
  [(right + 1) / (of + 2), of + 2] as const;
