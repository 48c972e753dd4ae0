import { unchecked } from '../unchecked.ts';
import type { Band } from './band-reduction.ts';
import { type Bidiagonal, chaseBulges } from './bulge-chasing.ts';

/** The singular values of an upper band, largest first. */
export function bandValues(band: Band): Float64Array {
  return bidiagonalValues(chaseBulges(band));
}

/** Sweeps per value; two are usual. */
const MAX_SWEEPS = 30;

/**
 * The singular values of an upper bidiagonal matrix by the implicit QR iteration, with a zero shift where a shift would
 * cost accuracy. Golub & Kahan 1965; Demmel & Kahan 1990, SIAM J. Sci. Stat. Comput. 11(5). Absolute error ≈ n·ε·σ₁.
 * @param bidiagonal overwritten; squares of its entries must be in the range of float64
 * @throws RangeError if the matrix is not finite
 * @returns n values, largest first
 */
export function bidiagonalValues({ diagonal: d, superdiagonal: e }: Bidiagonal): Float64Array {
  const n = d.length;
  let largest = 0;
  for (let i = 0; i < n; i += 1)
    largest = Math.max(largest, Math.abs(unchecked(d, i)), i < n - 1 ? Math.abs(unchecked(e, i)) : 0);
  if (!Number.isFinite(largest)) throw new RangeError('the matrix is not finite');
  const negligible = Number.EPSILON * largest;
  let budget = MAX_SWEEPS * n;
  let last = n - 1;
  /** The previous block: a different one may have to be reversed. */
  let before = { first: -1, last: -1 };
  while (last > 0) {
    if (Math.abs(unchecked(e, last - 1)) <= negligible) {
      last -= 1;
      continue;
    }
    let first = last - 1;
    while (first > 0 && Math.abs(unchecked(e, first - 1)) > negligible) first -= 1;
    if (first > before.last || last < before.first || before.last < 0) {
      // A new block: values should decrease towards its end.
      if (Math.abs(unchecked(d, first)) < Math.abs(unchecked(d, last))) {
        d.subarray(first, last + 1).reverse();
        e.subarray(first, last).reverse();
      }
    }
    before = { first, last };
    if (budget === 0) throw new Error('the QR iteration did not converge');
    budget -= 1;
    const shift = smallerValue(unchecked(d, last - 1), unchecked(e, last - 1), unchecked(d, last));
    const relative = shift / unchecked(d, first);
    if (!(relative * relative >= Number.EPSILON)) zeroShiftSweep(d, e, first, last);
    else shiftedSweep(d, e, first, last, shift);
  }
  return d.map(Math.abs).sort().reverse();
}

/** The smaller singular value of [[f, g], [0, h]], as in LAPACK's dlas2. */
function smallerValue(f: number, g: number, h: number): number {
  const [small, large, off] = [Math.min(Math.abs(f), Math.abs(h)), Math.max(Math.abs(f), Math.abs(h)), Math.abs(g)];
  if (small === 0) return 0;
  if (off < large) {
    const sum = 1 + small / large;
    const difference = (large - small) / large;
    const square = (off / large) ** 2;
    return small * (2 / (Math.sqrt(sum * sum + square) + Math.sqrt(difference * difference + square)));
  }
  const ratio = large / off;
  const sum = 1 + small / large;
  const difference = (large - small) / large;
  const c = 1 / (Math.sqrt(1 + (sum * ratio) ** 2) + Math.sqrt(1 + (difference * ratio) ** 2));
  return 2 * (small * c) * ratio;
}

/** One sweep of plane rotations from the first entry to the last, with a shift. */
function shiftedSweep(d: Float64Array, e: Float64Array, first: number, last: number, shift: number): void {
  const start = unchecked(d, first);
  let f = (Math.abs(start) - shift) * (Math.sign(start) + shift / start);
  let g = unchecked(e, first);
  for (let i = first; i < last; i += 1) {
    let r = Math.sqrt(f * f + g * g);
    let c = r === 0 ? 1 : f / r;
    let s = r === 0 ? 0 : g / r;
    if (i > first) e[i - 1] = r;
    const [di, ei, next] = [unchecked(d, i), unchecked(e, i), unchecked(d, i + 1)];
    f = c * di + s * ei;
    const coupling = c * ei - s * di;
    g = s * next;
    const turned = c * next;
    r = Math.sqrt(f * f + g * g);
    c = r === 0 ? 1 : f / r;
    s = r === 0 ? 0 : g / r;
    d[i] = r;
    f = c * coupling + s * turned;
    d[i + 1] = c * turned - s * coupling;
    if (i < last - 1) {
      g = s * unchecked(e, i + 1);
      e[i + 1] = c * unchecked(e, i + 1);
    }
  }
  e[last - 1] = f;
}

/** A sweep with a zero shift, which keeps the relative accuracy of small values. */
function zeroShiftSweep(d: Float64Array, e: Float64Array, first: number, last: number): void {
  let c = 1;
  let oldC = 1;
  let oldS = 0;
  for (let i = first; i < last; i += 1) {
    let f = unchecked(d, i) * c;
    let g = unchecked(e, i);
    let r = Math.sqrt(f * f + g * g);
    c = r === 0 ? 1 : f / r;
    const s = r === 0 ? 0 : g / r;
    if (i > first) e[i - 1] = oldS * r;
    f = oldC * r;
    g = unchecked(d, i + 1) * s;
    r = Math.sqrt(f * f + g * g);
    oldC = r === 0 ? 1 : f / r;
    oldS = r === 0 ? 0 : g / r;
    d[i] = r;
  }
  const h = unchecked(d, last) * c;
  e[last - 1] = h * oldS;
  d[last] = h * oldC;
}
