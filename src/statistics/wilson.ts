import { normalQuantile } from './distributions.ts';

/**
 * Wilson's score interval of a proportion (Wilson 1927; method 3 of Newcombe 1998, Statistics in Medicine 17:857):
 * (p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n), always within [0, 1] and never empty. The whole of [0, 1] for n = 0.
 * @param level two-sided, such as .95
 */
export function wilson({ successes, n, level }: { successes: number; n: number; level: number }): {
  lower: number;
  upper: number;
} {
  if (n === 0) return { lower: 0, upper: 1 };
  const z = normalQuantile((1 + level) / 2);
  const share = successes / n;
  const centre = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { lower: Math.max(0, (centre - half) / scale), upper: Math.min(1, (centre + half) / scale) };
}
