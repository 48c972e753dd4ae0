import { at } from './unchecked.ts';

/**
 * All eigenvalues of a real symmetric matrix, in float64: Householder reduction to tridiagonal form, then the implicit
 * QL iteration. Golub & Van Loan, Matrix Computations, 4th ed., §8.3.1 and §8.3.3; Wilkinson 1968 for the shift.
 *
 * Absolute error ≈ n·ε·|λ|max. The matrix is overwritten.
 *
 * @param a [n, n] row-major; only the lower triangle is read
 * @returns n eigenvalues, largest first
 * @throws RangeError if the matrix is not finite
 */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  return decompose(a, n, []).sort().reverse();
}

/**
 * The same, with some coordinates of the eigenvectors, which is far less work than all of them.
 * @param rows vectors x of length n, overwritten by xᵀ·V, where V has the eigenvectors in its columns
 * @returns n eigenvalues in the order of the columns, which are not sorted
 */
export function symmetricEigenvaluesWithRows(a: Float64Array, n: number, rows: readonly Float64Array[]): Float64Array {
  return decompose(a, n, rows);
}

function decompose(a: Float64Array, n: number, rows: readonly Float64Array[]): Float64Array {
  if (a.length !== n * n) throw new RangeError(`${a.length} numbers are not ${n} × ${n}`);
  const scale = normalize(a, n);
  const { diagonal, offDiagonal } = tridiagonalize(a, n, rows);
  implicitQL(diagonal, offDiagonal, rows);
  for (let i = 0; i < n; i += 1) diagonal[i] = at(diagonal, i) * scale;
  return diagonal;
}

/** Divide by the largest entry, so that squares neither overflow nor underflow. */
function normalize(a: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i += 1) {
    for (let k = i * n; k <= i * n + i; k += 1) {
      const magnitude = Math.abs(at(a, k));
      if (magnitude > largest) largest = magnitude;
      else if (Number.isNaN(magnitude)) throw new RangeError('the matrix contains NaN');
    }
  }
  if (!Number.isFinite(largest)) throw new RangeError('the matrix contains Inf');
  if (largest === 0) return 0;
  for (let i = 0; i < n; i += 1) {
    for (let k = i * n; k <= i * n + i; k += 1) a[k] = at(a, k) / largest;
  }
  return largest;
}

/**
 * Reduce the lower triangle to tridiagonal form, last row first: row i is the Householder vector of step i, so that
 * every inner loop runs along a row.
 *
 * Step i needs A·v of the matrix that step i + 1 left, and every step changes the whole matrix by A ← A − v·wᵀ − w·vᵀ.
 * Memory bandwidth limits the speed, so one pass over memory does both: the previous step's update, and the product.
 */
function tridiagonalize(a: Float64Array, n: number, rows: readonly Float64Array[]) {
  const diagonal = new Float64Array(n);
  /** offDiagonal[i] couples i − 1 and i; offDiagonal[0] is unused. */
  const offDiagonal = new Float64Array(n);
  /** The update that is still to be applied. */
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  /** The vector of the current step, and A times it. */
  let next = new Float64Array(n);
  let product = new Float64Array(n);
  for (let i = n - 1; i > 0; i -= 1) {
    const row = i * n;
    updateRow(a, row, i, v, w);
    diagonal[i] = at(a, row + i);
    const beta = householder(a.subarray(row, row + i), next, offDiagonal, i);
    for (const carried of rows) reflect(carried, next, beta, i);
    updateAndMultiply(a, n, i, { v, w, x: next, product });
    let inner = 0;
    for (let k = 0; k < i; k += 1) {
      product[k] = at(product, k) * beta;
      inner += at(product, k) * at(next, k);
    }
    const half = (beta / 2) * inner;
    for (let k = 0; k < i; k += 1) product[k] = at(product, k) - half * at(next, k);
    [v, next] = [next, v];
    [w, product] = [product, w];
  }
  updateRow(a, 0, 0, v, w);
  diagonal[0] = at(a, 0);
  return { diagonal, offDiagonal };
}

/** Sums of squares below this vanish beside an entry of 1, and their inverse would overflow. */
const TINY = 1e-290;

/**
 * The reflection I − β·v·vᵀ that reduces a row to its last entry, which goes to `offDiagonal[i]`.
 * @param v receives the vector; zero if there is nothing to reflect
 * @returns β
 */
function householder(row: Float64Array, v: Float64Array, offDiagonal: Float64Array, i: number): number {
  let squares = 0;
  for (let k = 0; k < i - 1; k += 1) squares += at(row, k) ** 2;
  const last = at(row, i - 1);
  if (squares < TINY) {
    // This row is tridiagonal already, up to far below the rounding error: entries are at most 1.
    v.fill(0, 0, i);
    offDiagonal[i] = last;
    return 0;
  }
  const length = Math.sqrt(squares + last * last);
  const alpha = last > 0 ? -length : length;
  v.set(row);
  v[i - 1] = last - alpha;
  offDiagonal[i] = alpha;
  return 1 / (length * length - last * alpha);
}

/** x ← x·(I − β·v·vᵀ) on the first `size` entries. */
function reflect(x: Float64Array, v: Float64Array, beta: number, size: number): void {
  let sum = 0;
  for (let k = 0; k < size; k += 1) sum += at(x, k) * at(v, k);
  sum *= beta;
  for (let k = 0; k < size; k += 1) x[k] = at(x, k) - sum * at(v, k);
}

/** One row of A − v·wᵀ − w·vᵀ, up to the diagonal. */
function updateRow(a: Float64Array, row: number, i: number, v: Float64Array, w: Float64Array): void {
  const vi = at(v, i);
  const wi = at(w, i);
  for (let k = 0; k <= i; k += 1) a[row + k] = at(a, row + k) - vi * at(w, k) - wi * at(v, k);
}

/** Rows that go through a pass together, so that each load of v, w, x and product serves four of them. */
const ROWS = 4;

/** The vectors of one pass: A ← A − v·wᵀ − w·vᵀ, and product = A·x of the result. */
interface Pass {
  readonly v: Float64Array;
  readonly w: Float64Array;
  readonly x: Float64Array;
  readonly product: Float64Array;
}

/** One pass over the lower triangle of A[0..size, 0..size]. */
function updateAndMultiply(a: Float64Array, n: number, size: number, pass: Pass): void {
  pass.product.fill(0, 0, size);
  let j = 0;
  for (; j + ROWS <= size; j += ROWS) {
    passFourRows(a, n, j, pass);
    for (let i = j; i < j + ROWS; i += 1) passRow(a, n, i, j, pass);
  }
  for (; j < size; j += 1) passRow(a, n, j, 0, pass);
}

/** Columns 0 to j of the rows j to j + 3. */
function passFourRows(a: Float64Array, n: number, j: number, { v, w, x, product }: Pass): void {
  const [r0, r1, r2, r3] = [j * n, (j + 1) * n, (j + 2) * n, (j + 3) * n];
  const [v0, v1, v2, v3] = [at(v, j), at(v, j + 1), at(v, j + 2), at(v, j + 3)];
  const [w0, w1, w2, w3] = [at(w, j), at(w, j + 1), at(w, j + 2), at(w, j + 3)];
  const [x0, x1, x2, x3] = [at(x, j), at(x, j + 1), at(x, j + 2), at(x, j + 3)];
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let k = 0; k < j; k += 1) {
    const wk = at(w, k);
    const vk = at(v, k);
    const xk = at(x, k);
    const e0 = at(a, r0 + k) - v0 * wk - w0 * vk;
    const e1 = at(a, r1 + k) - v1 * wk - w1 * vk;
    const e2 = at(a, r2 + k) - v2 * wk - w2 * vk;
    const e3 = at(a, r3 + k) - v3 * wk - w3 * vk;
    a[r0 + k] = e0;
    a[r1 + k] = e1;
    a[r2 + k] = e2;
    a[r3 + k] = e3;
    s0 += e0 * xk;
    s1 += e1 * xk;
    s2 += e2 * xk;
    s3 += e3 * xk;
    product[k] = at(product, k) + e0 * x0 + e1 * x1 + e2 * x2 + e3 * x3;
  }
  product[j] = at(product, j) + s0;
  product[j + 1] = at(product, j + 1) + s1;
  product[j + 2] = at(product, j + 2) + s2;
  product[j + 3] = at(product, j + 3) + s3;
}

/** Columns `from` to j of the row j, with its diagonal. */
function passRow(a: Float64Array, n: number, j: number, from: number, { v, w, x, product }: Pass): void {
  const row = j * n;
  const vj = at(v, j);
  const wj = at(w, j);
  const xj = at(x, j);
  let sum = 0;
  for (let k = from; k < j; k += 1) {
    const entry = at(a, row + k) - vj * at(w, k) - wj * at(v, k);
    a[row + k] = entry;
    sum += entry * at(x, k);
    product[k] = at(product, k) + entry * xj;
  }
  const diagonal = at(a, row + j) - 2 * vj * wj;
  a[row + j] = diagonal;
  product[j] = at(product, j) + sum + diagonal * xj;
}

/** Per eigenvalue, far more than ever needed: two are usual. */
const MAX_ITERATIONS = 60;

/** Implicit QL with Wilkinson's shift; the eigenvalues replace the diagonal. */
function implicitQL(d: Float64Array, offDiagonal: Float64Array, rows: readonly Float64Array[]): void {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(1));
  let largest = 0;
  for (let i = 0; i < n; i += 1) largest = Math.max(largest, Math.abs(at(d, i)) + Math.abs(at(e, i)));
  /** Relative to the largest and not to adjacent entries: a strongly graded matrix would never converge. */
  const negligible = Number.EPSILON * largest;
  for (let l = 0; l < n; l += 1) {
    for (let iteration = 0; ; iteration += 1) {
      const m = firstNegligible(e, l, negligible);
      if (m === l) break;
      if (iteration === MAX_ITERATIONS) throw new Error('the QL iteration did not converge');
      const g = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
      const r = Math.hypot(g, 1);
      chase(d, e, l, m, at(d, m) - at(d, l) + at(e, l) / (g + (g >= 0 ? r : -r)), rows);
    }
  }
}

/** The first m ≥ l whose coupling to m + 1 is negligible. */
function firstNegligible(e: Float64Array, l: number, negligible: number): number {
  let m = l;
  while (m < e.length - 1 && Math.abs(at(e, m)) > negligible) m += 1;
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
    const f = s * at(e, i);
    const b = c * at(e, i);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The coupling vanished during the sweep: deflate here and start again.
      d[i + 1] = at(d, i + 1) - p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = at(d, i + 1) - p;
    const t = (at(d, i) - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    for (const row of rows) {
      const x = at(row, i + 1);
      row[i + 1] = s * at(row, i) + c * x;
      row[i] = c * at(row, i) - s * x;
    }
  }
  d[l] = at(d, l) - p;
  e[l] = g;
  e[m] = 0;
}
