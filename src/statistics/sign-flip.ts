import { binomialPmf, normalCdf } from './distributions.ts';
import { exactMcNemar } from './mcnemar.ts';

/**
 * Exact one-sided sign-flip (Fisher–Pitman) permutation test that the sum of the differences is below zero (Fisher
 * 1935, The Design of Experiments, §21; Pitman 1937): the share of all 2ⁿ sign assignments of the |dᵢ| whose sum is no
 * higher than the observed one. The twins of one fact are correlated; with dᵢ = twins won − twins lost of fact i the
 * unit of the test is the fact, not the twin. If every |dᵢ| ≤ 1 it is the exact McNemar test. 1 if nothing changed.
 *
 * S = Σ|dᵢ|; the positively signed |dᵢ| add up to A = Σ v · Bin(nᵥ, ½) over the magnitudes v, and the signed sum is 2A
 * − S. So the distribution of A takes one convolution per magnitude: about S · n steps at most. Below 1e-300 the result
 * is 0.
 * @param differences integers
 * @throws RangeError for a difference that is not an integer
 */
export function exactSignFlip(differences: readonly number[]): number {
  const counts = new Map<number, number>();
  let sum = 0;
  let sumOfMagnitudes = 0;
  for (const difference of differences) {
    if (!Number.isInteger(difference)) throw new RangeError(`not an integer: ${difference}`);
    const magnitude = Math.abs(difference);
    sum += difference;
    sumOfMagnitudes += magnitude;
    if (magnitude > 0) counts.set(magnitude, (counts.get(magnitude) ?? 0) + 1);
  }
  const observed = (sum + sumOfMagnitudes) / 2;
  if (counts.size === 0 || (counts.size === 1 && counts.has(1))) {
    return exactMcNemar({ lost: sumOfMagnitudes - observed, won: observed });
  }
  let distribution = Float64Array.of(1);
  // In ascending order, so that the distribution stays short as long as possible.
  for (const [magnitude, count] of [...counts].sort((a, b) => a[0] - b[0])) {
    distribution = addSteps(distribution, magnitude, count, observed);
  }
  return Math.min(
    1,
    distribution.reduce((total, probability) => total + probability, 0),
  );
}

/** Most steps of a convolution, about a second. */
const MOST_STEPS = 2e9;
/** Finest grid: shares of up to so many samples are exact. */
const FINEST = 128;

/**
 * The test for differences that are not integers, such as those of shares of samples, on the coarsest grid 1/s with all
 * of them: exact for s up to 128. On a finer one each |d| is rounded to 1/128, alike in both directions, so that the
 * test of the rounded ones is exact. Sums that would take too long have the normal distribution of Σ ±|dᵢ|, whose
 * variance is Σ dᵢ² (Lehmann & Romano 2005, §15.2), with half a step of correction for continuity.
 */
export function gridSignFlip(differences: readonly number[]): number {
  const isOn = (s: number) => differences.every((value) => Math.abs(value * s - Math.round(value * s)) < 1e-6);
  const steps = Array.from({ length: FINEST }, (_, i) => i + 1).find(isOn) ?? FINEST;
  const changes = differences
    .map((value) => Math.sign(value) * Math.round(Math.abs(value) * steps))
    .filter((change) => change !== 0);
  const magnitudes = changes.reduce((total, change) => total + Math.abs(change), 0);
  if (changes.length * magnitudes <= MOST_STEPS) return exactSignFlip(changes);
  const squares = changes.reduce((total, change) => total + change ** 2, 0);
  const sum = changes.reduce((total, change) => total + change, 0);
  return Math.min(1, normalCdf((sum + 1) / Math.sqrt(squares)));
}

/** The distribution of A + magnitude · Bin(count, ½), given that of A: index = value, up to `limit`. */
function addSteps(
  distribution: Float64Array,
  magnitude: number,
  count: number,
  limit: number,
): Float64Array<ArrayBuffer> {
  const after = new Float64Array(Math.min(limit + 1, distribution.length + magnitude * count));
  for (let steps = 0; steps <= count; steps += 1) {
    const shift = steps * magnitude;
    if (shift > limit) break;
    const weight = binomialPmf(steps, count, 0.5);
    const end = Math.min(distribution.length, limit + 1 - shift);
    for (let i = 0; i < end; i += 1) {
      after[i + shift] = (after[i + shift] as number) + weight * (distribution[i] as number);
    }
  }
  return after;
}
