import type { Basis } from './basis.ts';
import { type Chain, eigenvalueCeiling } from './ceiling.ts';
import { gaussian } from './gaussian.ts';
import { at } from './small-matrix.ts';
import type { ShallowProbes } from './trace.ts';

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
  const n = basis.operator.size;
  const b = start.length / n;
  const diagonal: Float64Array[] = [];
  const links = [await basis.start(start)];
  while (diagonal.length < mostBlocks) {
    await basis.grow();
    diagonal.push(basis.matrix(basis.size - b));
    const { link } = basis;
    if (basis.isComplete) {
      links.push(new Float64Array(b * b));
      break;
    }
    if (link.length < b * b) {
      // Fewer directions than probes are left: how the last block reaches them is not known.
      diagonal.pop();
      break;
    }
    links.push(link);
    if (isEnough({ b, diagonal, links })) break;
  }
  return { b, diagonal, links };
}

/** The largest eigenvalue of the operator of a chain, at most; `rounding` is what float32 may hide. */
export function ceilingOf(chain: Chain, upper: number, rounding: number): number {
  return Math.min(upper, eigenvalueCeiling(chain, upper) + rounding);
}

/** Probes that are multiplied once. */
export async function shallowProbes(basis: Basis, count: number, stream: number): Promise<ShallowProbes> {
  const { operator } = basis;
  const n = operator.size;
  const moments: [number, number, number] = [0, 0, 0];
  const { rows } = await basis.project(gaussian(stream, count * n));
  const products = (await basis.multiply(rows)).outside;
  for (let i = 0; i < rows.length; i += 1) {
    const x = at(rows, i);
    const y = at(products, i);
    moments[0] += x * x;
    moments[1] += x * y;
    moments[2] += y * y;
  }
  return { probes: count, moments };
}
