/**
 * Gini coefficient of non-negative values: 0 if all are equal, near 1 if one has everything.
 * G = 2·Σ i·xᵢ / (n·Σx) − (n + 1)/n with x ascending. Null for no values, or all zeros.
 */
export function gini(values: ArrayLike<number>): number | null {
  const ascending = Float64Array.from(values).sort();
  const n = ascending.length;
  let total = 0;
  let ranked = 0;
  ascending.forEach((value, i) => {
    total += value;
    ranked += (i + 1) * value;
  });
  return total > 0 ? (2 * ranked) / (n * total) - (n + 1) / n : null;
}
