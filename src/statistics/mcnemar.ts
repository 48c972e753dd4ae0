import { binomialCdf } from './distributions.ts';

/**
 * Exact one-sided McNemar test (McNemar 1947; exact conditional form) of paired right-or-wrong outcomes: the p-value
 * P(X ≥ lost) for X ~ Bin(lost + won, ½), small if more pairs were lost than won. 1 if nothing changed.
 * @param lost pairs that were right before and are wrong now
 * @param won pairs that were wrong before and are right now
 * @throws RangeError for counts that are not integers ≥ 0
 */
export function exactMcNemar({ lost, won }: { lost: number; won: number }): number {
  expectCounts(lost, won);
  // P(X ≥ lost) = P(X ≤ won): without an effect, losses and wins are alike.
  return binomialCdf(won, lost + won, 0.5);
}

/**
 * The two-sided form of {@link exactMcNemar}: 2 · P(X ≤ min(lost, won)) for X ~ Bin(lost + won, ½), at most 1. Since
 * that distribution is symmetric, it is what the binomial test gives.
 * @throws RangeError for counts that are not integers ≥ 0
 */
export function exactMcNemarTwoSided({ lost, won }: { lost: number; won: number }): number {
  expectCounts(lost, won);
  return Math.min(1, 2 * binomialCdf(Math.min(lost, won), lost + won, 0.5));
}

function expectCounts(...counts: readonly number[]): void {
  const wrong = counts.find((count) => !(Number.isInteger(count) && count >= 0));
  if (wrong !== undefined) throw new RangeError(`not a count: ${wrong}`);
}
