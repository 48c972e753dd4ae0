import { ROWS, symmetricPass } from './symmetric-pass.ts';
import { unchecked } from './unchecked.ts';
import { reuseMemory } from './wasm.ts';

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i couples i − 1 and i; the first is unused. */
  readonly offDiagonal: Float64Array;
}

/**
 * Reduce a symmetric matrix to tridiagonal form by Householder reflections, last row first: row i is the Householder
 * vector of step i, so that every inner loop runs along a row. Golub & Van Loan, Matrix Computations, 4th ed., §8.3.1.
 * 4/3·n³ operations.
 *
 * Step i needs A·v of the matrix that step i + 1 left, and every step changes the whole matrix by A ← A − v·wᵀ − w·vᵀ.
 * Memory bandwidth limits the speed, so one pass over memory does both: the previous step's update, and the product.
 * @param matrix [n, n] row-major, with entries of at most 1; only its lower triangle is read
 * @param rows vectors x of length n, overwritten by xᵀ times the reflections
 */
export function tridiagonalize(matrix: Float64Array, n: number, rows: readonly Float64Array[]): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const space = openWorkSpace(n);
  const { a, stride, pass } = space;
  copyTriangle(matrix, n, a, stride);
  /** The update that is still to be applied. */
  let { v, w } = space;
  /** The vector of the current step, and A times it. */
  let { x, y } = space;
  for (let i = n - 1; i > 0; i -= 1) {
    const row = i * stride;
    updateRow(a, row, i, v, w);
    diagonal[i] = unchecked(a, row + i);
    const beta = householder(a.subarray(row, row + i), x, offDiagonal, i);
    for (const carried of rows) reflect(carried, x, beta, i);
    pass(roundUp(i, ROWS), v, w, x, y);
    secondVector(x, y, beta, i);
    [v, x] = [x, v];
    [w, y] = [y, w];
  }
  updateRow(a, 0, 0, v, w);
  diagonal[0] = unchecked(a, 0);
  return { diagonal, offDiagonal };
}

const openMemory = reuseMemory(symmetricPass.open);

/** The matrix and four vectors in the memory of the kernel. */
function openWorkSpace(n: number) {
  const size = roundUp(n, ROWS);
  // Rows that are a large power of two apart would take each other's place in the cache.
  const stride = size % 64 === 0 ? size + 8 : size;
  const { memory, run } = openMemory(8 * (size * stride + 4 * size));
  const [v, w, x, y] = [0, 1, 2, 3].map((i) =>
    new Float64Array(memory, 8 * (size * stride + i * size), size).fill(0),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  return {
    ...{ a: new Float64Array(memory, 0, size * stride), stride, v, w, x, y },
    /** See `symmetricPass`. */
    pass: (rows: number, ...vectors: readonly [Float64Array, Float64Array, Float64Array, Float64Array]) =>
      run(0, 8 * stride, 8 * rows, ...vectors.map(({ byteOffset }) => byteOffset)),
  };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** The lower triangle, and both triangles of the blocks on the diagonal. */
function copyTriangle(matrix: Float64Array, n: number, a: Float64Array, stride: number): void {
  for (let i = 0; i < n; i += 1) {
    a.set(matrix.subarray(i * n, i * n + i + 1), i * stride);
    for (let k = i - (i % ROWS); k < i; k += 1) a[k * stride + i] = unchecked(matrix, i * n + k);
  }
  // An earlier matrix may have left NaN in the last rows, which are multiplied by zero.
  for (let i = n; i < roundUp(n, ROWS); i += 1) {
    a.fill(0, i * stride, (i + 1) * stride);
    for (let k = i - (i % ROWS); k < i; k += 1) a[k * stride + i] = 0;
  }
}

/** Sums of squares below this are negligible compared with an entry of 1, and their inverse would overflow. */
const TINY = 1e-290;

/**
 * The reflection I − β·v·vᵀ that reduces a row to its last entry, which goes to `offDiagonal[i]`. @returns β
 * @param v receives the vector, with zeros after it; all zero if there is nothing to reflect
 */
function householder(row: Float64Array, v: Float64Array, offDiagonal: Float64Array, i: number): number {
  let squares = 0;
  for (let k = 0; k < i - 1; k += 1) squares += unchecked(row, k) ** 2;
  const last = unchecked(row, i - 1);
  v.fill(0);
  if (squares < TINY) {
    // This row is tridiagonal already, up to far below the rounding error: entries are at most 1.
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

/** y ← w of the update A − x·wᵀ − w·xᵀ, from y = A·x: β·y − (β²/2)·(xᵀy)·x. */
function secondVector(x: Float64Array, y: Float64Array, beta: number, size: number): void {
  let inner = 0;
  for (let k = 0; k < size; k += 1) {
    const product = unchecked(y, k) * beta;
    y[k] = product;
    inner += product * unchecked(x, k);
  }
  const half = (beta / 2) * inner;
  for (let k = 0; k < size; k += 1) y[k] = unchecked(y, k) - half * unchecked(x, k);
  // Beyond the remaining matrix, y has products with older numbers.
  y.fill(0, size);
}

/** x ← x·(I − β·v·vᵀ) on the first `size` entries. */
function reflect(x: Float64Array, v: Float64Array, beta: number, size: number): void {
  let sum = 0;
  for (let k = 0; k < size; k += 1) sum += unchecked(x, k) * unchecked(v, k);
  sum *= beta;
  for (let k = 0; k < size; k += 1) x[k] = unchecked(x, k) - sum * unchecked(v, k);
}

/** One row of A − v·wᵀ − w·vᵀ, up to the diagonal. */
function updateRow(a: Float64Array, row: number, i: number, v: Float64Array, w: Float64Array): void {
  const vi = unchecked(v, i);
  const wi = unchecked(w, i);
  for (let k = 0; k <= i; k += 1) a[row + k] = unchecked(a, row + k) - vi * unchecked(w, k) - wi * unchecked(v, k);
}
