import { gaussian } from './gaussian.ts';
import type { Basis } from './lanczos-basis.ts';
import { type Chain, eigenvalueCeiling } from './largest-eigenvalue-bound.ts';
import type { ShallowProbes } from './trace-estimates.ts';

/**
 * Grow a chain of Gaussian probes on S restricted to the complement of a basis.
 * @param isEnough asked after each block with the chain so far
 */
export async function growProbes(
  basis: Basis,
  start: Float32Array,
  mostBlocks: number,
  isEnough: (chain: Chain) => boolean,
): Promise<Chain> {
  return growChain(basis, await basis.start(start), mostBlocks, isEnough);
}

/**
 * Grow a chain from the block that a basis would take next: the beginning of S restricted to its complement.
 * @param link how that block is reached, [b, b]
 */
export async function growChain(
  basis: Basis,
  link: Float64Array,
  mostBlocks: number,
  isEnough: (chain: Chain) => boolean = () => false,
): Promise<Chain> {
  const b = Math.sqrt(link.length);
  const diagonal: Float64Array[] = [];
  const links = [link];
  while (diagonal.length < mostBlocks) {
    await basis.grow();
    diagonal.push(basis.matrix(basis.size - b));
    const { link: next } = basis;
    if (basis.isComplete) {
      links.push(new Float64Array(b * b));
      break;
    }
    if (next.length < b * b) {
      // Fewer directions than probes are left: how the last block reaches them is not known.
      diagonal.pop();
      break;
    }
    links.push(next);
    if (isEnough({ b, diagonal, links })) break;
  }
  return { b, diagonal, links };
}

/** The largest eigenvalue of the operator of a chain, at most; `rounding` is what float32 may hide. */
export function ceilingOf(chain: Chain, upper: number, rounding: number): number {
  return Math.min(upper, eigenvalueCeiling(chain, upper) + rounding);
}

/** Probes that are multiplied twice with S restricted to the complement of a basis. */
export async function shallowProbes(basis: Basis, count: number, stream: number): Promise<ShallowProbes> {
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
  for (const rows of [start, once, twice]) vectors.forget(rows);
  return { probes: count, moments };
}

export const NO_PROBES: ShallowProbes = { probes: 0, moments: [] };

export function together(a: ShallowProbes, b: ShallowProbes): ShallowProbes {
  return { probes: a.probes + b.probes, moments: b.moments.map((value, i) => value + (a.moments[i] ?? 0)) };
}
