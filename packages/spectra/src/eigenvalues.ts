import { rootFreeQL } from './root-free-ql.ts';
import { tridiagonalize } from './tridiagonalize.ts';
import { unchecked } from './unchecked.ts';

/**
 * All eigenvalues of a real symmetric matrix, in float64: Householder reduction to tridiagonal form, then the implicit
 * QL iteration. Golub & Van Loan, Matrix Computations, 4th ed., §8.3.1 and §8.3.3; Wilkinson 1968 for the shift.
 * Absolute error ≈ n·ε·|λ|max.
 * @param a [n, n] row-major, overwritten; only the lower triangle is read
 * @returns n eigenvalues, largest first
 * @throws RangeError if the matrix is not finite
 */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  return symmetricEigenvaluesWithRows(a, n, []).sort().reverse();
}

/**
 * Eigenvalues with some coordinates of the eigenvectors, which is far less work than all of them.
 * @param rows vectors x of length n, overwritten by xᵀ·V, where V has the eigenvectors in its columns
 * @returns n eigenvalues in the order of the columns, which are not sorted
 */
export function symmetricEigenvaluesWithRows(a: Float64Array, n: number, rows: readonly Float64Array[]): Float64Array {
  if (a.length !== n * n) throw new RangeError(`${a.length} numbers are not ${n} × ${n}`);
  const scale = normalize(a, n);
  const { diagonal, offDiagonal } = tridiagonalize(a, n, rows);
  if (rows.length === 0) rootFreeQL(diagonal, offDiagonal);
  else implicitQL(diagonal, offDiagonal, rows);
  for (let i = 0; i < n; i += 1) diagonal[i] = unchecked(diagonal, i) * scale;
  return diagonal;
}

/** Divide by the largest entry, so that squares neither overflow nor underflow. */
function normalize(a: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i += 1) {
    for (let k = i * n; k <= i * n + i; k += 1) {
      const magnitude = Math.abs(unchecked(a, k));
      if (magnitude > largest) largest = magnitude;
      else if (Number.isNaN(magnitude)) throw new RangeError('the matrix contains NaN');
    }
  }
  if (!Number.isFinite(largest)) throw new RangeError('the matrix contains Inf');
  if (largest === 0) return 0;
  for (let i = 0; i < n; i += 1) {
    for (let k = i * n; k <= i * n + i; k += 1) a[k] = unchecked(a, k) / largest;
  }
  return largest;
}

/** Per eigenvalue; two are usual. */
const MAX_ITERATIONS = 60;

/** Implicit QL with Wilkinson's shift. Its rotations are applied to the rows; the eigenvalues replace the diagonal. */
function implicitQL(d: Float64Array, offDiagonal: Float64Array, rows: readonly Float64Array[]): void {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(1));
  let largest = 0;
  for (let i = 0; i < n; i += 1) largest = Math.max(largest, Math.abs(unchecked(d, i)) + Math.abs(unchecked(e, i)));
  /** Relative to the largest and not to adjacent entries: a strongly graded matrix would never converge. */
  const negligible = Number.EPSILON * largest;
  for (let l = 0; l < n; l += 1) {
    for (let iteration = 0; ; iteration += 1) {
      const m = firstNegligible(e, l, negligible);
      if (m === l) break;
      if (iteration === MAX_ITERATIONS) throw new Error('the QL iteration did not converge');
      const g = (unchecked(d, l + 1) - unchecked(d, l)) / (2 * unchecked(e, l));
      const r = Math.hypot(g, 1);
      chase(d, e, l, m, unchecked(d, m) - unchecked(d, l) + unchecked(e, l) / (g + (g >= 0 ? r : -r)), rows);
    }
  }
}

/** The first m ≥ l whose coupling to m + 1 is negligible. */
function firstNegligible(e: Float64Array, l: number, negligible: number): number {
  let m = l;
  while (m < e.length - 1 && Math.abs(unchecked(e, m)) > negligible) m += 1;
  return m;
}

/** One sweep of plane rotations from m up to l that restores the tridiagonal form after the shift. */
function chase(
  d: Float64Array,
  e: Float64Array,
  l: number,
  m: number,
  start: number,
  rows: readonly Float64Array[],
): void {
  let g = start;
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i -= 1) {
    const f = s * unchecked(e, i);
    const b = c * unchecked(e, i);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The coupling vanished during the sweep: deflate here and start again.
      d[i + 1] = unchecked(d, i + 1) - p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = unchecked(d, i + 1) - p;
    const t = (unchecked(d, i) - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    for (const row of rows) {
      const x = unchecked(row, i + 1);
      row[i + 1] = s * unchecked(row, i) + c * x;
      row[i] = c * unchecked(row, i) - s * x;
    }
  }
  d[l] = unchecked(d, l) - p;
  e[l] = g;
  e[m] = 0;
}
