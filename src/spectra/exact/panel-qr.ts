import type { Floats } from './dense.ts';

/** Work space of `factorPanel`, kept between panels. */
export interface PanelSpace {
  columns: Float64Array;
  gram: Float64Array;
}

export function panelSpace(): PanelSpace {
  return { columns: new Float64Array(), gram: new Float64Array() };
}

export interface Panel {
  /** R of P = Q·[R; 0], [width, width] row-major, upper triangular; for fewer rows than columns its first rows. */
  readonly r: Float64Array;
  /** T of Q = I − U·T·Uᵀ, [width, width] row-major, upper triangular. */
  readonly t: Float64Array;
}

/**
 * QR of a tall panel by Householder reflections in float64, with their product in compact form, Q = I − U·T·Uᵀ.
 * Golub & Van Loan, Matrix Computations, 4th ed., §5.2.2; Puglisi 1992 (SIAM J. Sci. Stat. Comput. 13(3)) for T:
 * T⁻¹ is the upper triangle of UᵀU with half its diagonal.
 *
 * U is rounded to the type that it is used in, and T is made from the rounded U: Q is orthogonal if and only if
 * T⁻¹ + T⁻ᵀ = UᵀU, whatever U is, so that rounding turns the panel a little but stretches nothing.
 *
 * @param panel [width, length]: the *columns* of P, each in one piece; those before `from` are not part of it
 * @param u [width, length] receives the columns of U, zero before `from`
 */
export function factorPanel(
  panel: Floats,
  width: number,
  length: number,
  from: number,
  u: Floats,
  space: PanelSpace,
): Panel {
  const rows = length - from;
  if (space.columns.length < width * rows) space.columns = new Float64Array(width * rows);
  const a = space.columns;
  for (let k = 0; k < width; k += 1) a.set(panel.subarray(k * length + from, (k + 1) * length), k * rows);
  const r = new Float64Array(width * width);
  for (let k = 0; k < width; k += 1) {
    const v = a.subarray(k * rows, (k + 1) * rows);
    // Above the diagonal the column is finished; v takes its place.
    for (let i = 0; i < Math.min(k, rows); i += 1) {
      r[i * width + k] = at(v, i);
      v[i] = 0;
    }
    if (k >= rows) continue;
    const { alpha, tau } = reflection(v, k, rows);
    r[k * width + k] = alpha;
    if (tau !== 0) reflectColumns(a, v, tau, k, k + 1, width, rows);
  }
  for (let k = 0; k < width; k += 1) {
    const start = k * length;
    u.fill(0, start, start + from);
    u.set(a.subarray(k * rows, (k + 1) * rows), start + from);
    // Back in float64, what was rounded.
    if (u instanceof Float32Array) a.set(u.subarray(start + from, start + length), k * rows);
  }
  return { r, t: triangularFactor(upperGram(a, width, rows, space), width) };
}

/** Typed arrays are read inside their bounds here; the check that the language asks for costs nothing after inlining. */
function at(array: Float64Array, index: number): number {
  return array[index] as number;
}

/** Squares that are lost beside entries near 1 by hundreds of orders, and whose inverse would overflow. */
const TINY = 1e-290;

/** The reflection that leaves of v[from..] only its first entry, α: v is overwritten by (0, 1, v′), H = I − τ·v·vᵀ. */
function reflection(v: Float64Array, from: number, rows: number): { alpha: number; tau: number } {
  let squares = 0;
  for (let i = from + 1; i < rows; i += 1) squares += at(v, i) * at(v, i);
  const first = at(v, from);
  if (squares < TINY) {
    v.fill(0, from);
    return { alpha: first, tau: 0 };
  }
  const norm = Math.sqrt(first * first + squares);
  const alpha = first > 0 ? -norm : norm;
  const inverse = 1 / (first - alpha);
  v[from] = 1;
  for (let i = from + 1; i < rows; i += 1) v[i] = at(v, i) * inverse;
  return { alpha, tau: (alpha - first) / alpha };
}

/** Columns c ← c − τ·v·(vᵀc) for `first ≤ c < last`, four at a time: each load of v then serves four of them. */
function reflectColumns(
  a: Float64Array,
  v: Float64Array,
  tau: number,
  from: number,
  first: number,
  last: number,
  rows: number,
): void {
  let column = first;
  for (; column + 4 <= last; column += 4) {
    const [c0, c1, c2, c3] = [column * rows, (column + 1) * rows, (column + 2) * rows, (column + 3) * rows];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = from; i < rows; i += 1) {
      const x = at(v, i);
      s0 += x * at(a, c0 + i);
      s1 += x * at(a, c1 + i);
      s2 += x * at(a, c2 + i);
      s3 += x * at(a, c3 + i);
    }
    s0 *= tau;
    s1 *= tau;
    s2 *= tau;
    s3 *= tau;
    for (let i = from; i < rows; i += 1) {
      const x = at(v, i);
      a[c0 + i] = at(a, c0 + i) - s0 * x;
      a[c1 + i] = at(a, c1 + i) - s1 * x;
      a[c2 + i] = at(a, c2 + i) - s2 * x;
      a[c3 + i] = at(a, c3 + i) - s3 * x;
    }
  }
  for (; column < last; column += 1) {
    const c = column * rows;
    let sum = 0;
    for (let i = from; i < rows; i += 1) sum += at(v, i) * at(a, c + i);
    sum *= tau;
    for (let i = from; i < rows; i += 1) a[c + i] = at(a, c + i) - sum * at(v, i);
  }
}

/**
 * T with T⁻¹ = the upper triangle of UᵀU with half its diagonal; zero where a column of U is.
 * @param gram UᵀU, [width, width]; only its upper triangle is read
 */
export function triangularFactor(gram: Float64Array, width: number): Float64Array {
  const t = new Float64Array(width * width);
  for (let j = 0; j < width; j += 1) {
    const diagonal = at(gram, j * width + j) / 2;
    if (diagonal === 0) continue;
    t[j * width + j] = 1 / diagonal;
    // Column j of the inverse: −T[..j, ..j]·G[..j, j] / G[j, j].
    for (let i = 0; i < j; i += 1) {
      let sum = 0;
      for (let k = i; k < j; k += 1) sum += at(t, i * width + k) * at(gram, k * width + j);
      t[i * width + j] = -sum / diagonal;
    }
  }
  return t;
}

/** The upper triangle of UᵀU, two columns by two. Column j is zero before its entry j. */
function upperGram(u: Float64Array, width: number, rows: number, space: PanelSpace): Float64Array {
  if (space.gram.length < width * width) space.gram = new Float64Array(width * width);
  const { gram } = space;
  for (let j = 0; j < width; j += 2) {
    const isPair = j + 1 < width;
    const [j0, j1] = [j * rows, (isPair ? j + 1 : j) * rows];
    for (let i = 0; i <= j; i += 2) {
      const isWide = i + 1 < width;
      const [i0, i1] = [i * rows, (isWide ? i + 1 : i) * rows];
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let k = j; k < rows; k += 1) {
        const [x0, x1, y0, y1] = [at(u, i0 + k), at(u, i1 + k), at(u, j0 + k), at(u, j1 + k)];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      gram[i * width + j] = s00;
      if (isPair) gram[i * width + j + 1] = s01;
      if (isWide) gram[(i + 1) * width + j] = s10;
      if (isWide && isPair) gram[(i + 1) * width + j + 1] = s11;
    }
  }
  return gram;
}
