import { unchecked } from '../unchecked.ts';
import { reuseMemory } from '../wasm.ts';
import { columnPass, rowPass, WIDTHS } from './band-passes.ts';
import type { Band } from './band-reduction.ts';

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
 */
export function chaseBulges(band: Band): Bidiagonal {
  const { a, stride, width, v, passes } = openWorkSpace(band);
  const { size } = band;
  for (let sweep = 0; sweep < size - 1; sweep += 1) {
    for (let row = sweep, column = sweep + 1; column < size; row = column, column += width) {
      const length = Math.min(width, size - column);
      const right = reflection(a, row * stride + column - row + width, 1, length, v);
      if (right !== 0) passes.rows(row + 1, column + length, column, right);
      const left = reflection(a, column * stride + width, stride - 1, length, v);
      if (left !== 0) passes.columns(column, column + 1, left);
    }
  }
  return {
    diagonal: Float64Array.from({ length: size }, (_, i) => unchecked(a, i * stride + width)),
    superdiagonal: Float64Array.from({ length: size - 1 }, (_, i) => unchecked(a, i * stride + width + 1)),
  };
}

const openMemory = reuseMemory((bytes) => {
  const opened = rowPass.open(bytes);
  return { memory: opened.memory, runRows: opened.run, runColumns: columnPass.beside(opened) };
});

/** Bytes of a number. */
const NUMBER = 8;

/**
 * The band in the memory of the kernels, padded to a width that they can process. They always take whole blocks:
 * entries beyond the matrix, or beyond the band and its bulges, are zero and stay zero.
 */
function openWorkSpace(band: Band) {
  const { size } = band;
  const width = Math.ceil(band.width / WIDTHS) * WIDTHS;
  // As `bandStride`, whose module would bring onnxruntime into the worker thread.
  const [stride, given] = [3 * width + 1, 3 * band.width + 1];
  const start = width + 2;
  const numbers = (size + width + 1) * stride;
  const { memory, runRows, runColumns } = openMemory(NUMBER * (start + numbers));
  const v = new Float64Array(memory, 0, width);
  const factor = new Float64Array(memory, NUMBER * width, 1);
  const a = new Float64Array(memory, NUMBER * start, numbers).fill(0);
  for (let i = 0; i < size; i += 1) {
    const row = band.entries.subarray(i * given + band.width, i * given + 2 * band.width + 1);
    a.set(row.subarray(0, size - i), i * stride + width);
  }
  const addressOf = (row: number, column: number) => a.byteOffset + NUMBER * (row * stride + column - row + width);
  const step = NUMBER * (stride - 1);
  return {
    /** `a` as in `Band`, with zeros after its last row; `v`: the vector of the next reflection, [width]. */
    ...{ a, width, stride, v },
    passes: {
      /** A ← A·(I − τ·v·vᵀ) on the rows `first` to before `last`, columns from `column` on. */
      rows(first: number, last: number, column: number, tau: number): void {
        factor[0] = tau;
        const from = addressOf(first, column);
        runRows(from, from + step * (last - first), step, v.byteOffset, factor.byteOffset, v.byteLength);
      },
      /** A ← (I − τ·v·vᵀ)·A on the rows from `row` on, columns from `first` on. */
      columns(row: number, first: number, tau: number): void {
        factor[0] = tau;
        const from = addressOf(row, first);
        runColumns(from, from + 2 * v.byteLength, step, v.byteOffset, factor.byteOffset, v.byteLength);
      },
    },
  };
}

/** Sums of squares below this are negligible compared with entries near 1, and their inverse would overflow. */
const TINY = 1e-290;

/** Replaces `length` entries, `step` apart, by (α, 0, …), and v by that of H = I − τ·v·vᵀ. @returns τ; 0: it is done */
function reflection(a: Float64Array, start: number, step: number, length: number, v: Float64Array): number {
  let squares = 0;
  for (let k = 1; k < length; k += 1) squares += unchecked(a, start + k * step) ** 2;
  if (squares < TINY) return 0;
  v.fill(0);
  const first = unchecked(a, start);
  const norm = Math.sqrt(first * first + squares);
  const alpha = first > 0 ? -norm : norm;
  const inverse = 1 / (first - alpha);
  v[0] = 1;
  a[start] = alpha;
  for (let k = 1; k < length; k += 1) {
    v[k] = unchecked(a, start + k * step) * inverse;
    a[start + k * step] = 0;
  }
  return (alpha - first) / alpha;
}
