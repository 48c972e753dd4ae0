import { unchecked } from '../unchecked.ts';
import { innerProducts, PROBE_VECTORS } from './gram-error.ts';
import { cholesky, invertLower, multiplyMatrices } from './small-matrix.ts';

/** Relative to the trace: makes ΩᵀSΩ definite if S has fewer directions than there are probe vectors. */
const SHIFT = 1e-12;

/**
 * The share of Tr S in its Nyström approximation SΩ·(ΩᵀSΩ)⁻¹·(SΩ)ᵀ ⪯ S, from Ω and S·Ω, [n, p] row-major: near 1 if S
 * has hardly more directions than Ω. Halko, Martinsson & Tropp 2011, SIAM Rev. 53(2), §5.4.
 */
export function capturedShare(probes: Float64Array, products: Float64Array, trace: number): number {
  const core = innerProducts(probes, products);
  const factor = cholesky(core, PROBE_VECTORS, SHIFT * trace * probes.length);
  if (!factor) return 0;
  // Tr of F⁻¹·(SΩ)ᵀ(SΩ)·F⁻ᵀ for ΩᵀSΩ = F·Fᵀ.
  const inverse = invertLower(factor, PROBE_VECTORS);
  const half = multiplyMatrices(inverse, innerProducts(products, products), PROBE_VECTORS);
  const squares = multiplyMatrices(half, inverse, PROBE_VECTORS, { transposeB: true });
  let captured = 0;
  for (let i = 0; i < PROBE_VECTORS; i += 1) captured += unchecked(squares, i * PROBE_VECTORS + i);
  return captured / trace;
}
