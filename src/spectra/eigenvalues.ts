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
  if (a.length !== n * n) throw new RangeError(`${a.length} numbers are not ${n} × ${n}`);
  const scale = normalise(a, n);
  const { diagonal, offDiagonal } = tridiagonalise(a, n);
  implicitQL(diagonal, offDiagonal);
  for (let i = 0; i < n; i += 1) diagonal[i] = at(diagonal, i) * scale;
  return diagonal.sort().reverse();
}

/** Typed arrays are read inside their bounds here; the check that the language asks for costs nothing after inlining. */
function at(array: Float64Array, index: number): number {
  return array[index] as number;
}

/** Divide by the largest entry, so that no square over- or underflows. */
function normalise(a: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i += 1) {
    for (let k = i * n; k <= i * n + i; k += 1) {
      const magnitude = Math.abs(at(a, k));
      if (magnitude > largest) largest = magnitude;
      else if (Number.isNaN(magnitude)) throw new RangeError('the matrix holds NaN');
    }
  }
  if (!Number.isFinite(largest)) throw new RangeError('the matrix holds Inf');
  if (largest === 0) return 0;
  for (let i = 0; i < n; i += 1) {
    for (let k = i * n; k <= i * n + i; k += 1) a[k] = at(a, k) / largest;
  }
  return largest;
}

/**
 * Reduce the lower triangle to tridiagonal form, last row first: row i is the Householder vector of step i, so that
 * every inner loop runs along a row.
 */
function tridiagonalise(a: Float64Array, n: number) {
  const diagonal = new Float64Array(n);
  /** offDiagonal[i] couples i − 1 and i; offDiagonal[0] is unused. */
  const offDiagonal = new Float64Array(n);
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i -= 1) {
    const row = i * n;
    diagonal[i] = at(a, row + i);
    let squares = 0;
    for (let k = 0; k < i; k += 1) {
      const x = at(a, row + k);
      v[k] = x;
      squares += x * x;
    }
    const last = at(v, i - 1);
    const rest = squares - last * last;
    if (rest <= 0) {
      // Already tridiagonal in this row.
      offDiagonal[i] = last;
      continue;
    }
    const alpha = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    offDiagonal[i] = alpha;
    v[i - 1] = last - alpha;
    const beta = 1 / (squares - last * alpha);
    symmetricTimes(a, n, i, v, p);
    let inner = 0;
    for (let k = 0; k < i; k += 1) {
      p[k] = at(p, k) * beta;
      inner += at(p, k) * at(v, k);
    }
    const half = (beta / 2) * inner;
    for (let k = 0; k < i; k += 1) p[k] = at(p, k) - half * at(v, k);
    rankTwoUpdate(a, n, i, v, p);
  }
  diagonal[0] = at(a, 0);
  return { diagonal, offDiagonal };
}

/** p = A[0..size, 0..size]·v from the lower triangle. */
function symmetricTimes(a: Float64Array, n: number, size: number, v: Float64Array, p: Float64Array): void {
  p.fill(0, 0, size);
  for (let j = 0; j < size; j += 1) {
    const row = j * n;
    const vj = at(v, j);
    let sum = at(a, row + j) * vj;
    for (let k = 0; k < j; k += 1) {
      const x = at(a, row + k);
      sum += x * at(v, k);
      p[k] = at(p, k) + x * vj;
    }
    p[j] = at(p, j) + sum;
  }
}

/** A ← A − v·wᵀ − w·vᵀ on the lower triangle. */
function rankTwoUpdate(a: Float64Array, n: number, size: number, v: Float64Array, w: Float64Array): void {
  for (let j = 0; j < size; j += 1) {
    const row = j * n;
    const vj = at(v, j);
    const wj = at(w, j);
    for (let k = 0; k <= j; k += 1) a[row + k] = at(a, row + k) - vj * at(w, k) - wj * at(v, k);
  }
}

/** Far more than ever needed: two iterations per eigenvalue are usual. */
const MAX_ITERATIONS = 60;

/** Implicit QL with Wilkinson's shift; the eigenvalues replace the diagonal. */
function implicitQL(d: Float64Array, offDiagonal: Float64Array): void {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(1));
  for (let l = 0; l < n; l += 1) {
    for (let iteration = 0; ; iteration += 1) {
      const m = firstNegligible(d, e, l);
      if (m === l) break;
      if (iteration === MAX_ITERATIONS) throw new Error('the QL iteration did not converge');
      const g = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
      const r = Math.hypot(g, 1);
      chase(d, e, l, m, at(d, m) - at(d, l) + at(e, l) / (g + (g >= 0 ? r : -r)));
    }
  }
}

/** The first m ≥ l whose coupling to m + 1 is lost in rounding. */
function firstNegligible(d: Float64Array, e: Float64Array, l: number): number {
  let m = l;
  for (; m < d.length - 1; m += 1) {
    const neighbours = Math.abs(at(d, m)) + Math.abs(at(d, m + 1));
    if (Math.abs(at(e, m)) <= Number.EPSILON * neighbours) break;
  }
  return m;
}

/** One sweep of plane rotations from m up to l that restores the tridiagonal form after the shift. */
function chase(d: Float64Array, e: Float64Array, l: number, m: number, start: number): void {
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
      // The coupling vanished on the way: deflate here and start again.
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
  }
  d[l] = at(d, l) - p;
  e[l] = g;
  e[m] = 0;
}
