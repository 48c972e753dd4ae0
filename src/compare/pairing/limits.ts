/**
 * A share at its limit counts as there, whatever the last bits of a float are. Sums over 100,000 answers are off by
 * less than 1e-11, and shares of so many answers that miss a limit of three decimals miss it by 1e-8 at least. Only for
 * shares of answers: bounds of intervals are never exactly at a limit.
 */
const ROUNDING = 1e-9;

export function reaches(share: number, limit: number): boolean {
  return share >= limit - ROUNDING;
}

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

/** The fewest facts whose losses can be significant at this level: p ≥ 2⁻ⁿ in a sign-flip test. */
export function leastFacts(level: number): number {
  return Math.floor(Math.log2(1 / level)) + 1;
}
