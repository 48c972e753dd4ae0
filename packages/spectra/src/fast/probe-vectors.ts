import { at } from '@shadow-gate/platform';
import { gaussian } from './gaussian.ts';
import type { LanczosBasis } from './lanczos-basis.ts';
import type { BlockLanczos } from './largest-eigenvalue-bound.ts';
import type { ProbeMoments } from './trace-estimates.ts';

/** Block Lanczos on S in the complement of a basis, from Gaussian rows [b, n]. `isEnough` is asked after each block. */
export async function probeComplement(
  basis: LanczosBasis,
  start: Float32Array,
  mostBlocks: number,
  isEnough: (process: BlockLanczos) => boolean,
): Promise<BlockLanczos> {
  return continueProcess(basis, await basis.start(start), mostBlocks, isEnough);
}

/** Block Lanczos from the next block of a basis. @param coupling of that block to the one before it, [b, b] */
export async function continueProcess(
  basis: LanczosBasis,
  coupling: Float64Array,
  mostBlocks: number,
  isEnough: (process: BlockLanczos) => boolean = () => false,
): Promise<BlockLanczos> {
  const b = Math.sqrt(coupling.length);
  const diagonal: Float64Array[] = [];
  const offDiagonal = [coupling];
  while (diagonal.length < mostBlocks) {
    await basis.grow();
    diagonal.push(basis.matrix(basis.size - b));
    const { coupling: next } = basis;
    if (basis.isComplete) {
      offDiagonal.push(new Float64Array(b * b));
      break;
    }
    if (next.length < b * b) {
      // Fewer directions than probe vectors are left: the coupling of the last block to them is not known.
      diagonal.pop();
      break;
    }
    offDiagonal.push(next);
    if (isEnough({ b, diagonal, offDiagonal })) break;
  }
  return { b, diagonal, offDiagonal };
}

/** Multiplies Gaussian probe vectors twice by S restricted to the complement of a basis. */
export async function multiplyProbes(basis: LanczosBasis, count: number, stream: number): Promise<ProbeMoments> {
  const start = (await basis.project(gaussian(stream, count * basis.operator.size))).rows;
  const once = (await basis.multiply(start)).outside;
  const twice = (await basis.multiply(once)).outside;
  const pairs = [
    [start, start],
    [start, once],
    [once, once],
    [once, twice],
    [twice, twice],
  ] as const;
  const { vectors } = basis.operator;
  const moments: number[] = [];
  for (const [a, b] of pairs) moments.push(await vectors.dot(a, b));
  for (const rows of [start, once, twice]) vectors.dispose(rows);
  return { vectors: count, moments };
}

export const NO_MOMENTS: ProbeMoments = { vectors: 0, moments: [0, 0, 0, 0, 0] };

export function addMoments(a: ProbeMoments, b: ProbeMoments): ProbeMoments {
  return { vectors: a.vectors + b.vectors, moments: b.moments.map((value, i) => value + at(a.moments, i)) };
}
