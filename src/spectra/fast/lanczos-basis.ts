import type { Tensor } from '../../onnx/session.ts';
import { at } from '../unchecked.ts';
import type { Operator, Panel, Step } from './operator.ts';
import { rowsOf, type Stack } from './panels.ts';
import { cholesky, invertLower, multiply } from './small-matrix.ts';

/** A block that is not yet in the basis, and how the last block reaches it: S·X = … + link·next. */
interface Pending {
  readonly rows: Tensor;
  /** [b, b]. */
  readonly link: Float64Array;
}

/** A product that keeps less than this share of its energy outside the basis has lost digits there: project again. */
const LOST_SHARE = 1e-2;

/** Gram matrices in float32 are blind below this share of the largest direction. */
const GRAM_NOISE = 1e-6;

/** How far from orthonormal rows may be. */
const ORTHONORMAL = 3e-6;

/** How far they may be for a projection to count. */
const CLOSE = 0.1;

const MAX_PASSES = 10;

/**
 * An orthonormal basis Q [d, n] grown by block Lanczos with full orthogonalisation, and T = Q·S·Qᵀ.
 *
 * A chain that is started with `start` is kept orthogonal to all that was in the basis before, so that its blocks of T
 * are those of a block Lanczos process on S restricted to the complement. Golub & Underwood 1977; the rows of a block are
 * orthonormalised by repeated Cholesky QR with a shift (Fukaya et al. 2020, SIAM J. Sci. Comput. 42(1)).
 */
export class Basis {
  readonly operator: Operator;
  readonly #capacity: number;
  readonly #q: Stack;
  readonly #t: Float64Array;
  #size = 0;
  #pending: Pending | null = null;
  /** Still needed when it has been taken into the basis. */
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

  /** Is all of the space in the basis? */
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

  /** The coupling of the last block to the complement of the basis, [b, b]: rows of the block, columns of the next. */
  get link(): Float64Array {
    return this.#pending?.link ?? new Float64Array();
  }

  /** Remember where the chain is, to go on from there after it, or another one, was grown and dropped. */
  mark(): { drop(): void } {
    const [size, pending, blockSize] = [this.#size, this.#pending, this.#blockSize];
    const takeOff = this.#q.mark();
    this.#marked = pending;
    return {
      drop: () => {
        takeOff();
        this.#marked = null;
        if (this.#pending && this.#pending !== pending) this.operator.vectors.forget(this.#pending.rows);
        this.#size = size;
        this.#pending = pending;
        this.#blockSize = blockSize;
      },
    };
  }

  /**
   * Start a chain with rows [b, n].
   * @returns L with rows = L·X + what was in the basis before, X the first block
   */
  async start(rows: Float32Array): Promise<Float64Array> {
    const first = await this.project(rows);
    this.#blockSize = rows.length / this.operator.size;
    this.#pending = await this.#orthonormal(first, this.#size > 0);
    return this.#pending.link;
  }

  /** Add the next block and take its product. */
  async grow(): Promise<void> {
    const next = this.#pending;
    if (!next) throw new Error('nothing to grow from');
    const b = rowsOf(next.rows);
    await this.#q.push(next.rows);
    this.#size += b;
    const nearRows = Math.min(this.#size, 2 * this.#blockSize);
    const { inside, near, outside, gram } = await this.operator.step(next.rows, this.#q.rows, nearRows);
    if (next !== this.#marked) this.operator.vectors.forget(next.rows);
    const first = inside.length - near.length;
    for (let i = 0; i < near.length; i += 1) inside[first + i] = at(inside, first + i) + at(near, i);
    const kept = this.#store(inside, b);
    this.#pending = null;
    const left = this.operator.size - this.#size;
    if (left < b) this.operator.vectors.forget(outside);
    if (left === 0) return;
    if (left < b) {
      // The rest of the space, whichever way it is turned.
      this.#pending = await this.#restOfSpace(left);
      return;
    }
    let isLost = false;
    for (let i = 0; i < b; i += 1) isLost ||= at(gram, i * b + i) < LOST_SHARE * (at(kept, i) + at(gram, i * b + i));
    this.#pending = await this.#orthonormal({ rows: outside, gram }, isLost);
  }

  /** Rows less their part in the span of the basis. */
  project(rows: Float32Array): Promise<Panel> {
    const b = rows.length / this.operator.size;
    return this.operator.transform(identity(b), this.operator.rows(rows), this.#size > 0 ? this.#q.rows : null);
  }

  /** The product of rows with S, split at the span of the basis. */
  multiply(rows: Tensor): Promise<Step> {
    return this.operator.step(rows, this.#q.rows, this.#blockSize);
  }

  /** The last b columns of T. @returns energy of each column */
  #store(inside: Float32Array, b: number): Float64Array {
    const kept = new Float64Array(b);
    const first = this.#size - b;
    for (let i = 0; i < this.#size; i += 1) {
      for (let j = 0; j < b; j += 1) {
        const value = at(inside, i * b + j);
        const mirrored = i < first ? value : (value + at(inside, (first + j) * b + i - first)) / 2;
        this.#t[i * this.#capacity + first + j] = mirrored;
        this.#t[(first + j) * this.#capacity + i] = mirrored;
        kept[j] = at(kept, j) + value * value;
      }
    }
    return kept;
  }

  /**
   * @param panel is given up
   * @param isProjected project onto the complement of the basis in every pass
   */
  async #orthonormal(panel: Panel, isProjected: boolean): Promise<Pending> {
    const b = rowsOf(panel.rows);
    let { rows, gram } = panel;
    const become = async (made: Promise<Panel>) => {
      const next = await made;
      this.operator.vectors.forget(rows);
      ({ rows, gram } = next);
    };
    let link: Float64Array = identity(b);
    let doesProject = isProjected;
    /** A projection is only as good as the rows are long: it counts once they are close to orthonormal. */
    let isClean = false;
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const distance = pass > 0 ? distanceFromIdentity(gram, b) : 1;
      if (distance < ORTHONORMAL && (isClean || !doesProject)) break;
      isClean = doesProject && distance < CLOSE;
      const { factor, isNoisy } = robustCholesky(gram, b);
      if (!factor) {
        // Nothing is left outside the basis: any direction will do, and the last block does not reach it.
        await become(this.#fresh(b));
        link = new Float64Array(b * b);
        doesProject = true;
        continue;
      }
      doesProject ||= isNoisy && this.#size > 0;
      await become(this.operator.transform(invertLower(factor, b), rows, doesProject ? this.#q.rows : null));
      link = multiply(link, factor, b);
    }
    return { rows, link };
  }

  async #restOfSpace(left: number): Promise<Pending> {
    return this.#orthonormal(await this.#fresh(left), true);
  }

  /** Rows outside the basis that have nothing to do with S. */
  #fresh(b: number): Promise<Panel> {
    return this.operator.transform(identity(b), this.operator.rows(filler(b, this.operator.size)), this.#q.rows);
  }
}

/** Directions that no structured matrix knows of. */
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
    for (let j = 0; j < b; j += 1) largest = Math.max(largest, Math.abs(at(gram, i * b + j) - (i === j ? 1 : 0)));
  }
  return largest;
}

/** Squares below this are zero beside a trace of n. */
const NOTHING = 1e-24;

/** A factor of G, shifted where float32 cannot tell G from a singular matrix. */
function robustCholesky(gram: Float32Array, b: number): { factor: Float64Array | null; isNoisy: boolean } {
  let largest = 0;
  for (let i = 0; i < b; i += 1) largest = Math.max(largest, at(gram, i * b + i));
  if (!(largest > NOTHING)) return { factor: null, isNoisy: true };
  const factor = cholesky(gram, b);
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; factor && i < b; i += 1) smallest = Math.min(smallest, at(factor, i * b + i) ** 2);
  if (factor && smallest > GRAM_NOISE * largest) return { factor, isNoisy: smallest < LOST_SHARE * largest };
  return { factor: cholesky(gram, b, GRAM_NOISE * b * largest), isNoisy: true };
}
