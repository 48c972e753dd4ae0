/** A metric that is not computed exactly: the true value lies in `low ≤ x ≤ high`, and so does `value`. */
export interface Bracket {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The bracket [low, high], with its middle as the value. Ends that rounding has crossed are swapped. */
export function bracket(low: number, high: number): Bracket {
  const [a, b] = low <= high ? [low, high] : [high, low];
  return { value: a + (b - a) / 2, low: a, high: b };
}

/** Width in units of the value. */
export function relativeWidth({ value, low, high }: Bracket): number {
  return value === 0 ? high - low : (high - low) / value;
}
