import { at } from '../unchecked.ts';
import { PROBES } from './gram-error.ts';
import { cholesky, invertLower, multiply } from './small-matrix.ts';

/** Relative to the trace: makes ΩᵀSΩ definite where S has fewer directions than there are probe vectors. */
const SHIFT = 1e-12;

/**
 * The share of the trace of S that its Nyström approximation from S·Ω has: SΩ·(ΩᵀSΩ)⁻¹·(SΩ)ᵀ, which is ⪯ S. Near 1 if S
 * has hardly more directions than Ω. Halko, Martinsson & Tropp 2011, SIAM Rev. 53(2), §5.4.
 * @param probes Ω, [n, p] row-major
 * @param products S·Ω, [n, p] row-major
 */
export function capturedShare(probes: Float64Array, products: Float64Array, trace: number): number {
  const core = innerProducts(probes, products);
  const factor = cholesky(core, PROBES, SHIFT * trace * probes.length);
  if (!factor) return 0;
  // Tr of F⁻¹·(SΩ)ᵀ(SΩ)·F⁻ᵀ for ΩᵀSΩ = F·Fᵀ.
  const inverse = invertLower(factor, PROBES);
  const squares = multiply(multiply(inverse, innerProducts(products, products), PROBES), inverse, PROBES, {
    transposeB: true,
  });
  let captured = 0;
  for (let i = 0; i < PROBES; i += 1) captured += at(squares, i * PROBES + i);
  return captured / trace;
}

/** XᵀY, [p, p]. */
function innerProducts(x: Float64Array, y: Float64Array): Float64Array {
  const result = new Float64Array(PROBES * PROBES);
  for (let row = 0; row < x.length; row += PROBES) {
    for (let i = 0; i < PROBES; i += 1) {
      const left = at(x, row + i);
      for (let j = 0; j < PROBES; j += 1) {
        result[i * PROBES + j] = at(result, i * PROBES + j) + left * at(y, row + j);
      }
    }
  }
  return result;
}
