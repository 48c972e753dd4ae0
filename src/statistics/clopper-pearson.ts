import { bisect } from './bisect.ts';
import { binomialCdf } from './distributions.ts';

/**
 * Exact interval of a proportion (Clopper & Pearson 1934, Biometrika 26:404): the proportions that neither one-sided
 * exact binomial test rejects at (1 − level)/2. Its coverage is at least nominal even for few trials and proportions
 * near 1, where that of score intervals is not: Wilson's excludes .98 after one failure in eight, which a true .98
 * gives in 15% of draws. [0, 1] for n = 0.
 * @param level two-sided, such as .95
 */
export function clopperPearson({ successes, n, level }: { successes: number; n: number; level: number }): {
  lower: number;
  upper: number;
} {
  const tail = (1 - level) / 2;
  return {
    lower: successes === 0 ? 0 : bisect(0, 1, (share) => 1 - binomialCdf(successes - 1, n, share) < tail),
    upper: successes === n ? 1 : bisect(0, 1, (share) => binomialCdf(successes, n, share) > tail),
  };
}
