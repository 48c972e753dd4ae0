import type { Tensor } from '@shadow-gate/checkpoints/onnx';
import { unchecked } from '../unchecked.ts';
import type { Operator, OperatorStep, Panel } from './operator.ts';
import { panelRowCount, type Stack } from './panels.ts';
import { cholesky, invertLower, multiplyMatrices } from './small-matrix.ts';

/** The next block, not yet in the basis, and its coupling to the last one: S·X = … + coupling·next. */
interface Pending {
  readonly rows: Tensor;
  /** [b, b]. */
  readonly coupling: Float64Array;
}

/** A product with less of its energy outside the basis has lost digits there and is projected again. */
const LOST_SHARE = 1e-2;

/** Smaller directions, relative to the largest, are noise in a float32 Gram matrix. */
const GRAM_NOISE = 1e-6;

/** Largest distance of the rows of a block from orthonormal. */
const ORTHONORMAL = 3e-6;

/** A projection counts only for rows this close to orthonormal. */
const CLOSE = 0.1;

const MAX_PASSES = 10;

/**
 * An orthonormal basis Q [d, n] grown by block Lanczos with full orthogonalisation, and T = Q·S·Qᵀ.
 *
 * A process begun with `start` stays orthogonal to everything already in the basis, so its blocks of T are those of
 * block Lanczos on S restricted to the complement. Golub & Underwood 1977. Repeated shifted Cholesky QR makes the rows
 * of a block orthonormal (Fukaya et al. 2020, SIAM J. Sci. Comput. 42(1)).
 */
export class LanczosBasis {
  readonly operator: Operator;
  readonly #capacity: number;
  readonly #q: Stack;
  readonly #t: Float64Array;
  #size = 0;
  #pending: Pending | null = null;
  /** A block to return to: kept even after it joined the basis. */
  #marked: Pending | null = null;
  #blockSize = 0;

  /** @param capacity most vectors; no more than n */
  constructor(operator: Operator, capacity: number) {
    this.operator = operator;
    this.#capacity = capacity;
    this.#q = operator.vectors.openStack(capacity);
    this.#t = new Float64Array(capacity * capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Does the basis span the whole space? */
  get isComplete(): boolean {
    return this.#size === this.operator.size;
  }

  /** Vectors that can still be added. */
  get room(): number {
    return this.#capacity - this.#size;
  }

  /** T of the vectors from `from` on, row-major. */
  matrix(from = 0, to = this.#size): Float64Array {
    const n = to - from;
    const result = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) {
      const start = (from + i) * this.#capacity + from;
      result.set(this.#t.subarray(start, start + n), i * n);
    }
    return result;
  }

  /** The coupling of the last block (rows) to the next (columns), [b, b]; empty if there is no next block. */
  get coupling(): Float64Array {
    return this.#pending?.coupling ?? new Float64Array();
  }

  /** Remember the current position. `drop` returns to it, whatever process was grown from here. */
  mark(): { drop(): void } {
    const [size, pending, blockSize] = [this.#size, this.#pending, this.#blockSize];
    const returnToMark = this.#q.mark();
    this.#marked = pending;
    return {
      drop: () => {
        returnToMark();
        this.#marked = null;
        if (this.#pending && this.#pending !== pending) this.operator.vectors.dispose(this.#pending.rows);
        this.#size = size;
        this.#pending = pending;
        this.#blockSize = blockSize;
      },
    };
  }

  /** Starts a process. @returns L with rows [b, n] = L·X + their part in the span of the basis; X is the first block */
  async start(rows: Float32Array): Promise<Float64Array> {
    const first = await this.project(rows);
    this.#blockSize = rows.length / this.operator.size;
    this.#pending = await this.#orthonormal(first, this.#size > 0);
    return this.#pending.coupling;
  }

  /** Add the next block, and multiply it by S. */
  async grow(): Promise<void> {
    const next = this.#pending;
    if (!next) throw new Error('the basis cannot grow: no process was started, or it is complete');
    const b = panelRowCount(next.rows);
    await this.#q.push(next.rows);
    this.#size += b;
    const nearRows = Math.min(this.#size, 2 * this.#blockSize);
    const { inside, near, outside, gram } = await this.operator.step(next.rows, this.#q.rows, nearRows);
    if (next !== this.#marked) this.operator.vectors.dispose(next.rows);
    const first = inside.length - near.length;
    for (let i = 0; i < near.length; i += 1) inside[first + i] = unchecked(inside, first + i) + unchecked(near, i);
    const kept = this.#store(inside, b);
    this.#pending = null;
    const left = this.operator.size - this.#size;
    if (left < b) this.operator.vectors.dispose(outside);
    if (left === 0) return;
    if (left < b) {
      // Any basis of the remaining space will do.
      this.#pending = await this.#orthonormal(await this.#fresh(left), true);
      return;
    }
    let hasLostDigits = false;
    for (let i = 0; i < b; i += 1)
      hasLostDigits ||= unchecked(gram, i * b + i) < LOST_SHARE * (unchecked(kept, i) + unchecked(gram, i * b + i));
    this.#pending = await this.#orthonormal({ rows: outside, gram }, hasLostDigits);
  }

  /** Rows minus their part in the span of the basis. */
  project(rows: Float32Array): Promise<Panel> {
    const b = rows.length / this.operator.size;
    return this.operator.transform(identity(b), this.operator.rows(rows), this.#size > 0 ? this.#q.rows : null);
  }

  /** The product of rows with S, split into its parts inside and outside the span of the basis. */
  multiply(rows: Tensor): Promise<OperatorStep> {
    return this.operator.step(rows, this.#q.rows, this.#blockSize);
  }

  /** Store the last b columns of T. @returns the energy of each column */
  #store(inside: Float32Array, b: number): Float64Array {
    const kept = new Float64Array(b);
    const first = this.#size - b;
    for (let i = 0; i < this.#size; i += 1) {
      for (let j = 0; j < b; j += 1) {
        const value = unchecked(inside, i * b + j);
        const mirrored = i < first ? value : (value + unchecked(inside, (first + j) * b + i - first)) / 2;
        this.#t[i * this.#capacity + first + j] = mirrored;
        this.#t[(first + j) * this.#capacity + i] = mirrored;
        kept[j] = unchecked(kept, j) + value * value;
      }
    }
    return kept;
  }

  /** Makes the rows of a panel orthonormal, and disposes of it. @param isProjected onto the complement in every pass */
  async #orthonormal(panel: Panel, isProjected: boolean): Promise<Pending> {
    const b = panelRowCount(panel.rows);
    let { rows, gram } = panel;
    const replace = async (made: Promise<Panel>) => {
      const next = await made;
      this.operator.vectors.dispose(rows);
      ({ rows, gram } = next);
    };
    let coupling: Float64Array = identity(b);
    let doesProject = isProjected;
    /** The error of a projection is absolute: it is small only for rows that are close to orthonormal. */
    let isClean = false;
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const distance = pass > 0 ? distanceFromIdentity(gram, b) : 1;
      if (distance < ORTHONORMAL && (isClean || !doesProject)) break;
      isClean = doesProject && distance < CLOSE;
      const { factor, isNoisy } = robustCholesky(gram, b);
      if (!factor) {
        // Nothing is left outside the basis: any direction will do, and the last block is not coupled to it.
        await replace(this.#fresh(b));
        coupling = new Float64Array(b * b);
        doesProject = true;
        continue;
      }
      doesProject ||= isNoisy && this.#size > 0;
      await replace(this.operator.transform(invertLower(factor, b), rows, doesProject ? this.#q.rows : null));
      coupling = multiplyMatrices(coupling, factor, b);
    }
    return { rows, coupling };
  }

  /** Rows outside the basis, unrelated to S. */
  #fresh(b: number): Promise<Panel> {
    return this.operator.transform(identity(b), this.operator.rows(filler(b, this.operator.size)), this.#q.rows);
  }
}

/** Directions unrelated to the structure of any matrix. */
function filler(b: number, n: number): Float32Array {
  return Float32Array.from({ length: b * n }, (_, i) => Math.cos(1 + ((i * 7919) % 104729) * (i + 1)));
}

function identity(b: number): Float64Array {
  const result = new Float64Array(b * b);
  for (let i = 0; i < b; i += 1) result[i * b + i] = 1;
  return result;
}

function distanceFromIdentity(gram: Float32Array, b: number): number {
  let largest = 0;
  for (let i = 0; i < b; i += 1) {
    for (let j = 0; j < b; j += 1)
      largest = Math.max(largest, Math.abs(unchecked(gram, i * b + j) - (i === j ? 1 : 0)));
  }
  return largest;
}

/** Squares below this count as zero: the trace is n. */
const NOTHING = 1e-24;

/** A Cholesky factor of G, shifted if G is singular up to the noise of float32. */
function robustCholesky(gram: Float32Array, b: number): { factor: Float64Array | null; isNoisy: boolean } {
  let largest = 0;
  for (let i = 0; i < b; i += 1) largest = Math.max(largest, unchecked(gram, i * b + i));
  if (!(largest > NOTHING)) return { factor: null, isNoisy: true };
  const factor = cholesky(gram, b);
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; factor && i < b; i += 1) smallest = Math.min(smallest, unchecked(factor, i * b + i) ** 2);
  if (factor && smallest > GRAM_NOISE * largest) return { factor, isNoisy: smallest < LOST_SHARE * largest };
  return { factor: cholesky(gram, b, GRAM_NOISE * b * largest), isNoisy: true };
}
