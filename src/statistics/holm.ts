/**
 * Holm's step-down adjusted p-values, in the order given (Holm 1979): of m p-values in ascending order, the i-th (from
 * 1) becomes max over j ≤ i of min(1, (m − j + 1) · p₍ⱼ₎). Rejecting those below α keeps the probability of any false
 * rejection at most α, however the tests depend on each other.
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = [...pValues];
  let highest = 0;
  ascending.forEach(({ p, index }, rank) => {
    highest = Math.max(highest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = highest;
  });
  return adjusted;
}
