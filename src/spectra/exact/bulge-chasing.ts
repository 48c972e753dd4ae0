import { at } from '../unchecked.ts';
import type { Band } from './band-reduction.ts';

/** An upper bidiagonal matrix. */
export interface Bidiagonal {
  readonly diagonal: Float64Array;
  /** One entry shorter: entry i is at (i, i + 1). */
  readonly superdiagonal: Float64Array;
}

/**
 * Reduce an upper band to an upper bidiagonal matrix with the same singular values, by chasing bulges with Householder
 * reflections: Bischof, Lang & Sun 2000 (ACM TOMS 26(4)) for symmetric bands, Haidar, Kurzak & Luszczek 2013 (SC '13)
 * for this one. Each sweep clears one row; only the first row or column of the bulge that a reflection creates is
 * cleared before it moves on, since the next sweep would fill the rest again. 8·n²·width operations.
 *
 * @param band overwritten
 */
export function chaseBulges({ entries: a, size, width }: Band): Bidiagonal {
  // As `bandStride`, whose module would bring onnxruntime into the worker thread.
  const stride = 3 * width + 1;
  const v = new Float64Array(width);
  const product = new Float64Array(2 * width);
  for (let sweep = 0; sweep < size - 1; sweep += 1) {
    for (let row = sweep, column = sweep + 1; column < size; row = column, column += width) {
      const length = Math.min(width, size - column);
      const right = reflection(a, row * stride + column - row + width, 1, length, v);
      if (right !== 0) reflectRows(a, width, row + 1, column + length, column, length, v, right);
      const left = reflection(a, column * stride + width, stride - 1, length, v);
      const end = Math.min(size, column + 2 * width);
      if (left !== 0) reflectColumns(a, width, column, length, column + 1, end, v, left, product);
    }
  }
  return {
    diagonal: Float64Array.from({ length: size }, (_, i) => at(a, i * stride + width)),
    superdiagonal: Float64Array.from({ length: size - 1 }, (_, i) => at(a, i * stride + width + 1)),
  };
}

/** Sums of squares below this vanish beside entries near 1, and their inverse would overflow. */
const TINY = 1e-290;

/**
 * Replace `length` entries, `step` apart, by (α, 0, …), and v by the vector of the reflection H = I − τ·v·vᵀ that does
 * so.
 * @returns τ, zero if the entries have that form already
 */
function reflection(a: Float64Array, start: number, step: number, length: number, v: Float64Array): number {
  let squares = 0;
  for (let k = 1; k < length; k += 1) squares += at(a, start + k * step) ** 2;
  if (squares < TINY) return 0;
  const first = at(a, start);
  const norm = Math.sqrt(first * first + squares);
  const alpha = first > 0 ? -norm : norm;
  const inverse = 1 / (first - alpha);
  v[0] = 1;
  a[start] = alpha;
  for (let k = 1; k < length; k += 1) {
    v[k] = at(a, start + k * step) * inverse;
    a[start + k * step] = 0;
  }
  return (alpha - first) / alpha;
}

/**
 * A ← A·(I − τ·v·vᵀ) on the rows `first` to `last`, columns from `column` on; four rows at a time, to load v once for
 * them.
 */
function reflectRows(
  a: Float64Array,
  width: number,
  first: number,
  last: number,
  column: number,
  length: number,
  v: Float64Array,
  tau: number,
): void {
  const step = 3 * width;
  let row = first;
  let p0 = first * step + column + width;
  for (; row + 4 <= last; row += 4, p0 += 4 * step) {
    const [p1, p2, p3] = [p0 + step, p0 + 2 * step, p0 + 3 * step];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < length; k += 1) {
      const x = at(v, k);
      s0 += at(a, p0 + k) * x;
      s1 += at(a, p1 + k) * x;
      s2 += at(a, p2 + k) * x;
      s3 += at(a, p3 + k) * x;
    }
    s0 *= tau;
    s1 *= tau;
    s2 *= tau;
    s3 *= tau;
    for (let k = 0; k < length; k += 1) {
      const x = at(v, k);
      a[p0 + k] = at(a, p0 + k) - s0 * x;
      a[p1 + k] = at(a, p1 + k) - s1 * x;
      a[p2 + k] = at(a, p2 + k) - s2 * x;
      a[p3 + k] = at(a, p3 + k) - s3 * x;
    }
  }
  for (; row < last; row += 1, p0 += step) {
    let sum = 0;
    for (let k = 0; k < length; k += 1) sum += at(a, p0 + k) * at(v, k);
    sum *= tau;
    for (let k = 0; k < length; k += 1) a[p0 + k] = at(a, p0 + k) - sum * at(v, k);
  }
}

/** A ← (I − τ·v·vᵀ)·A on the columns `first` to `last`, rows from `row` on; along the rows, four at a time. */
function reflectColumns(
  a: Float64Array,
  width: number,
  row: number,
  length: number,
  first: number,
  last: number,
  v: Float64Array,
  tau: number,
  product: Float64Array,
): void {
  const step = 3 * width;
  const count = last - first;
  const start = row * step + first + width;
  product.fill(0, 0, count);
  let r = 0;
  let p0 = start;
  for (; r + 4 <= length; r += 4, p0 += 4 * step) {
    const [p1, p2, p3] = [p0 + step, p0 + 2 * step, p0 + 3 * step];
    const [v0, v1, v2, v3] = [at(v, r), at(v, r + 1), at(v, r + 2), at(v, r + 3)];
    for (let k = 0; k < count; k += 1) {
      product[k] = at(product, k) + v0 * at(a, p0 + k) + v1 * at(a, p1 + k) + v2 * at(a, p2 + k) + v3 * at(a, p3 + k);
    }
  }
  for (; r < length; r += 1, p0 += step) {
    const v0 = at(v, r);
    for (let k = 0; k < count; k += 1) product[k] = at(product, k) + v0 * at(a, p0 + k);
  }
  for (let k = 0; k < count; k += 1) product[k] = at(product, k) * tau;
  p0 = start;
  for (r = 0; r + 4 <= length; r += 4, p0 += 4 * step) {
    const [p1, p2, p3] = [p0 + step, p0 + 2 * step, p0 + 3 * step];
    const [v0, v1, v2, v3] = [at(v, r), at(v, r + 1), at(v, r + 2), at(v, r + 3)];
    for (let k = 0; k < count; k += 1) {
      const x = at(product, k);
      a[p0 + k] = at(a, p0 + k) - v0 * x;
      a[p1 + k] = at(a, p1 + k) - v1 * x;
      a[p2 + k] = at(a, p2 + k) - v2 * x;
      a[p3 + k] = at(a, p3 + k) - v3 * x;
    }
  }
  for (; r < length; r += 1, p0 += step) {
    const v0 = at(v, r);
    for (let k = 0; k < count; k += 1) a[p0 + k] = at(a, p0 + k) - v0 * at(product, k);
  }
}
