import { binomialCdf } from './distributions.ts';

/**
 * Exact one-sided McNemar test (McNemar 1947; exact conditional form) of paired right-or-wrong outcomes: the p-value
 * P(X ≥ lost) for X ~ Bin(lost + won, ½), small if more pairs were lost than won. 1 if nothing changed.
 * @param lost pairs that were right before and are wrong now
 * @param won pairs that were wrong before and are right now
 * @throws RangeError for counts that are not integers ≥ 0
 */
export function exactMcNemar({ lost, won }: { lost: number; won: number }): number {
  for (const count of [lost, won]) {
    if (!(Number.isInteger(count) && count >= 0)) throw new RangeError(`not a count: ${count}`);
  }
  // P(X ≥ lost) = P(X ≤ won): without an effect, losses and wins are alike.
  return binomialCdf(won, lost + won, 0.5);
}
