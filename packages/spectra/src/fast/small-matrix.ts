import { unchecked } from '../unchecked.ts';

// Linear algebra on small square blocks, in float64, row-major.

/** L with L·Lᵀ = G + shift·I in the lower triangle; null if that is not positive definite. */
export function cholesky(gram: Float64Array | Float32Array, n: number, shift = 0): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = unchecked(gram, i * n + j) + (i === j ? shift : 0);
      for (let k = 0; k < j; k += 1) sum -= unchecked(l, i * n + k) * unchecked(l, j * n + k);
      if (i !== j) l[i * n + j] = sum / unchecked(l, j * n + j);
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else return null;
    }
  }
  return l;
}

export function invertLower(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j += 1) {
    inverse[j * n + j] = 1 / unchecked(l, j * n + j);
    for (let i = j + 1; i < n; i += 1) {
      let sum = 0;
      for (let k = j; k < i; k += 1) sum -= unchecked(l, i * n + k) * unchecked(inverse, k * n + j);
      inverse[i * n + j] = sum / unchecked(l, i * n + i);
    }
  }
  return inverse;
}

/** A·B, or A·Bᵀ, of n × n matrices. */
export function multiplyMatrices(
  a: Float64Array,
  b: Float64Array,
  n: number,
  { transposeB = false }: { transposeB?: boolean } = {},
): Float64Array {
  const right = transposeB ? transpose(b, n) : b;
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    const row = i * n;
    for (let k = 0; k < n; k += 1) {
      const factor = unchecked(a, row + k);
      if (factor === 0) continue; // Half of a triangular matrix is zero.
      const from = k * n;
      for (let j = 0; j < n; j += 1)
        product[row + j] = unchecked(product, row + j) + factor * unchecked(right, from + j);
    }
  }
  return product;
}

export function transpose(a: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) for (let j = 0; j < n; j += 1) result[j * n + i] = unchecked(a, i * n + j);
  return result;
}
