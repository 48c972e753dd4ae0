/** The least loss that is a drop of this share, whatever the last bit of a float is. */
export function leastLoss(drop: number, { units }: { readonly units: number }): number {
  return Math.max(1, Math.ceil(drop * units - 1e-9));
}

/** So many facts have to have lost something, and so much is a sum that is significant at least. */
export function leastFacts(level: number): number {
  return Math.floor(Math.log2(1 / level)) + 1;
}
