import jStat from 'jstat';

/**
 * x with P(Z ≤ x) = p for a standard normal Z. From jstat: within 1e-10 of SciPy, relative, for 1e-8 ≤ p ≤ 1 − 1e-8.
 * @param p 0 ≤ p ≤ 1; −∞ and ∞ at the ends
 * @throws RangeError for any other p
 */
export function normalQuantile(p: number): number {
  assertProbability(p);
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  return jStat.normal.inv(p, 0, 1);
}

/** P(Z ≤ z) for a standard normal Z. From jstat: within 1e-15 of SciPy, absolute. */
export function normalCdf(z: number): number {
  return jStat.normal.cdf(z, 0, 1);
}

/**
 * x with P(T ≤ x) = p for Student's t with `df` degrees of freedom. From jstat: within 1e-7 of SciPy, relative, for
 * .6 ≤ p ≤ 1 − 1e-8 and 1 ≤ df ≤ 100,000.
 * @param p 0 ≤ p ≤ 1; −∞ and ∞ at the ends
 * @param df above 0
 * @throws RangeError for any other p or df
 */
export function tQuantile(p: number, df: number): number {
  assertProbability(p);
  if (!(df > 0)) throw new RangeError(`degrees of freedom must be above 0: ${df}`);
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  return jStat.studentt.inv(p, df);
}

/**
 * x with P(B ≤ x) = p for B ~ Beta(α, β). From jstat: within 1e-7 of SciPy, relative, for .005 ≤ p ≤ .995 and α, β from
 * 0.5 to 20,000.
 * @throws RangeError for p outside 0 to 1, and for α or β that are not above 0
 */
export function betaQuantile(p: number, alpha: number, beta: number): number {
  assertProbability(p);
  if (!(alpha > 0 && beta > 0)) throw new RangeError(`not a beta distribution: ${alpha}, ${beta}`);
  return jStat.beta.inv(p, alpha, beta);
}

/**
 * P(X ≤ k) for X ~ Bin(n, p). The shorter tail is summed term by term, so that a small probability keeps its digits
 * (relative error below 1e-11 up to n = 20,000; below 1e-307 the result is 0). Not from jstat, whose `binomial.cdf`
 * rounds to ten decimals.
 * @param k an integer; the result is 0 below 0, and 1 from n on
 * @param n an integer ≥ 0
 * @param p 0 ≤ p ≤ 1
 * @throws RangeError for any other n or p
 */
export function binomialCdf(k: number, n: number, p: number): number {
  assertBinomial(n, p);
  if (k < 0) return 0;
  if (k >= n) return 1;
  return k < n * p ? lowerTail(k, n, p) : 1 - lowerTail(n - k - 1, n, 1 - p);
}

/**
 * P(X ≥ count) for a binomial X: what guessing reaches. 1 for a count of 0 or less. By the misses, so that a small
 * probability keeps its digits.
 */
export function binomialAtLeast(count: number, n: number, share: number): number {
  return binomialCdf(n - count, n, 1 - share);
}

/**
 * P(X = k) for X ~ Bin(n, p), in logarithms by the saddle-point expansion, which does not subtract large numbers
 * (Loader 2000, "Fast and accurate computation of binomial probabilities").
 * @throws RangeError as {@link binomialCdf}
 */
export function binomialPmf(k: number, n: number, p: number): number {
  assertBinomial(n, p);
  return mass(k, n, p);
}

/** Terms below this share of the sum no longer change it. */
const NO_DIFFERENCE = 1e-17;

/** P(X ≤ k) for k below the mean, from k downwards, where the terms decrease. */
function lowerTail(k: number, n: number, p: number): number {
  let term = mass(k, n, p);
  let sum = term;
  for (let i = k; i > 0 && term > sum * NO_DIFFERENCE; i -= 1) {
    term *= (i * (1 - p)) / ((n - i + 1) * p);
    sum += term;
  }
  return sum;
}

function mass(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p === 0 || p === 1) return k === n * p ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const stirling = stirlingError(n) - stirlingError(k) - stirlingError(n - k);
  const exponent = stirling - deviance(k, n * p) - deviance(n - k, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/** From here on, four terms of the series are accurate to 1e-14. */
const STIRLING_SERIES_FROM = 16;

/** ln n! − ln(√(2πn) · (n/e)ⁿ) for n ≥ 1. */
function stirlingError(n: number): number {
  if (n >= STIRLING_SERIES_FROM) {
    const inverseSquare = 1 / (n * n);
    return (1 / 12 - inverseSquare * (1 / 360 - inverseSquare * (1 / 1260 - inverseSquare / 1680))) / n;
  }
  let factorial = 1;
  for (let i = 2; i <= n; i += 1) factorial *= i;
  return Math.log(factorial) - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
}

/** x · ln(x / mean) + mean − x, without cancellation if x is near the mean. */
function deviance(x: number, mean: number): number {
  const apart = x - mean;
  const log = Math.abs(apart) < mean / 2 ? Math.log1p(apart / mean) : Math.log(x / mean);
  return x * log - apart;
}

function assertProbability(p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`not a probability: ${p}`);
}

function assertBinomial(n: number, p: number): void {
  if (!(Number.isInteger(n) && n >= 0)) throw new RangeError(`not a number of trials: ${n}`);
  assertProbability(p);
}
