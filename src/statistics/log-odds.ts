/** The part of an accuracy that guessing does not explain: 0 at chance, 1 if all is right, negative below chance. */
export function aboveChance(accuracy: number, chance: number): number {
  return (accuracy - chance) / (1 - chance);
}

/**
 * Log-odds of a share: logit(s), where s is kept within 1/(2n) of 0 and 1 (Cox & Snell 1989, Analysis of Binary Data,
 * §2.1; Berkson 1955), so a share at or below 0 has a finite value. For a share above chance it is a chance-corrected
 * accuracy on a scale without ends: items of another difficulty change by as much if the skill does.
 * @param n answers behind the share
 */
export function logOdds(share: number, n: number): number {
  const least = 1 / (2 * n);
  const kept = Math.min(1 - least, Math.max(least, share));
  return Math.log(kept / (1 - kept));
}
