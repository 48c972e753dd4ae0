import { binomialCdf } from './distributions.ts';

/** Halvings after which the limits gain no more digits. */
const HALVINGS = 55;

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
    lower: successes === 0 ? 0 : crossing((share) => 1 - binomialCdf(successes - 1, n, share) < tail),
    upper: successes === n ? 1 : crossing((share) => binomialCdf(successes, n, share) > tail),
  };
}

/** Where `before` changes from true to false between 0 and 1. */
function crossing(before: (share: number) => boolean): number {
  let [from, to] = [0, 1];
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (from + to) / 2;
    if (before(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
