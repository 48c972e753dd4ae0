import type { Band } from './band-reduction.ts';
import { bidiagonalValues } from './bidiagonal-values.ts';
import { chaseBulges } from './bulge-chasing.ts';

/**
 * The singular values of an upper band, largest first.
 * @param band overwritten
 */
export function bandValues(band: Band): Float64Array {
  return bidiagonalValues(chaseBulges(band));
}
