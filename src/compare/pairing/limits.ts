/**
 * A share at its limit counts as there, whatever the last bits of a float are. Sums over 100,000 answers are off by
 * less than 1e-11, and a share of so many answers that is not at a limit of three decimals is 1e-8 away at least. For
 * shares of answers only: bounds of intervals are never exactly at a limit.
 */
const ROUNDING = 1e-9;

/** Is a drop, or a gain, as large as a limit, or larger? */
export function reaches(share: number, limit: number): boolean {
  return share >= limit - ROUNDING;
}

/** Is it larger than a limit? */
export function exceeds(share: number, limit: number): boolean {
  return !reaches(limit, share);
}

/** The fewest of so many units that reach a limit, at least one. */
export function leastReaching(limit: number, units: number): number {
  return Math.max(1, Math.ceil((limit - ROUNDING) * units));
}

/** The fewest of so many units that exceed a limit. */
export function leastExceeding(limit: number, units: number): number {
  return Math.floor((limit + ROUNDING) * units) + 1;
}

/** So many facts have to have lost something, and so much is a sum that is significant at least. */
export function leastFacts(level: number): number {
  return Math.floor(Math.log2(1 / level)) + 1;
}
