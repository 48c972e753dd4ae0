import { unchecked } from './unchecked.ts';

/** Per eigenvalue; two are usual. */
const MAX_ITERATIONS = 60;

/** Squares below this are negligible in a matrix with entries near 1, but have too few digits to divide by. */
const TINY = 1e-290;

/**
 * The eigenvalues of a symmetric tridiagonal matrix with entries near 1, by the QL iteration of Pal, Walker and Kahan:
 * it works on the squares of the off-diagonal, without square roots in its inner loop. Parlett, The Symmetric
 * Eigenvalue Problem (SIAM 1998), §8.15; LAPACK's dsterf. Absolute error ≈ n·ε·|λ|max.
 * @param d the diagonal, overwritten by the eigenvalues in no order
 * @param offDiagonal entry i couples i − 1 and i; the first is unused
 */
export function rootFreeQL(d: Float64Array, offDiagonal: Float64Array): void {
  const n = d.length;
  /** The square of the coupling of i and i + 1. */
  const squares = new Float64Array(n);
  let largest = 0;
  for (let i = 0; i < n; i += 1) {
    const coupling = i + 1 < n ? unchecked(offDiagonal, i + 1) : 0;
    squares[i] = coupling * coupling;
    largest = Math.max(largest, Math.abs(unchecked(d, i)) + Math.abs(coupling));
  }
  /** Relative to the largest and not to adjacent entries: a strongly graded matrix would never converge. */
  const negligible = (Number.EPSILON * largest) ** 2;
  for (let first = 0; first < n; first += 1) {
    for (let iteration = 0; ; iteration += 1) {
      let last = first;
      while (last < n - 1 && unchecked(squares, last) > negligible) last += 1;
      if (last === first) break;
      if (iteration === MAX_ITERATIONS) throw new Error('the QL iteration did not converge');
      sweep(d, squares, first, last);
    }
  }
}

/** One sweep from `last` up to `first` with Wilkinson's shift. */
function sweep(d: Float64Array, squares: Float64Array, first: number, last: number): void {
  const root = Math.sqrt(unchecked(squares, first));
  const half = (unchecked(d, first + 1) - unchecked(d, first)) / (2 * root);
  const distance = Math.sqrt(half * half + 1);
  const shift = unchecked(d, first) - root / (half + (half >= 0 ? distance : -distance));
  // Cosine and sine of the last rotation, squared.
  let c = 1;
  let s = 0;
  let gamma = unchecked(d, last) - shift;
  let p = gamma * gamma;
  squares[last] = 0;
  for (let i = last - 1; i >= first; i -= 1) {
    if (p < TINY) p = 0;
    const square = unchecked(squares, i);
    const r = p + square;
    squares[i + 1] = s * r;
    const before = c;
    c = p / r;
    s = square / r;
    const previous = gamma;
    const entry = unchecked(d, i);
    gamma = c * (entry - shift) - s * previous;
    d[i + 1] = previous + (entry - gamma);
    p = c === 0 ? before * square : (gamma * gamma) / c;
  }
  squares[first] = s * p;
  d[first] = shift + gamma;
}
