import { type Bounded, bounded } from '../../statistics/bounded.ts';
import { at } from '../unchecked.ts';
import type { Basis } from './lanczos-basis.ts';
import type { Chain } from './largest-eigenvalue-bound.ts';
import { cholesky, invertLower, multiply, transpose } from './small-matrix.ts';

/** Points of the integral, in units of the ceiling: a geometric grid. */
const GRID = { from: 1e-3, to: 1e2, ratio: 1.6 } as const;

/** What the trapezoidal rule in ln t on that grid may be off by: 2 % where the integrand falls like t⁻² or is constant. */
const ALLOWANCE = 0.05;

/**
 * Tr f(S) − Tr f(T) − Tr f(S₂₂) for f = x·ln x and S = [T Cᵀ; C S₂₂] ⪰ 0.
 *
 * With f(x) = ∫₀^∞ (x/(1+t) − 1 + t/(x+t)) dt it is −∫₀^∞ ln det(I − W·K·Y·Kᵀ) dt, where W = (T+t)⁻¹ at the last block of
 * T, K the coupling of that block to the next one and Y = (S₂₂+t)⁻¹ at that one. The integrand falls with t and grows
 * with Y. Of Y some blocks of S₂₂ are known, Y⁻¹ = A₁ + t − B₁·Y₂·B₁ᵀ and so on, and it grows with the Y behind them. That one
 * is ⪰ (μ+t)⁻¹ for the ceiling μ of S₂₂, and ⪯ (F+t)⁻¹ for the least F that S ⪰ 0 allows there.
 *
 * @param beyond the beginning of S₂₂, from that next block on; may have no blocks
 */
export function pinchingGap(basis: Basis, beyond: Chain, ceiling: number): Bounded {
  const { b } = beyond;
  const link = beyond.links[0] ?? new Float64Array();
  const energy = link.reduce((sum, value) => sum + value * value, 0);
  if (energy === 0 || !(ceiling > 0)) return bounded(0, 0);
  const chain = blocksOf(basis, b);
  const { known, floor } = floorOf(beyond, resolvent(chain, 0) ?? resolvent(chain, GRID.from * ceiling));
  let low = 0;
  let high = 0;
  let before = { t: 0, low: 0, high: 0 };
  for (let t = GRID.from * ceiling; t <= GRID.to * ceiling; t *= GRID.ratio) {
    const w = resolvent(chain, t);
    if (!w) continue;
    // KᵀWK is of the size of the next block, like Y.
    const coupling = congruence(w, link, b);
    const here = {
      t,
      low: -logDet(coupling, inverseY(beyond, known, scaledIdentity(ceiling, b), t), b),
      high: -logDet(coupling, inverseY(beyond, known, floor, t), b),
    };
    // Up to the first point the integrand is a logarithm at the worst: its mean is its end and one for each direction.
    const ratio = Math.log(t / before.t);
    low += before.t === 0 ? here.low * t : ((before.low * before.t + here.low * t) / 2) * ratio;
    high += before.t === 0 ? (here.high + b) * t : ((before.high * before.t + here.high * t) / 2) * ratio;
    before = here;
  }
  // Beyond the last point: −ln det(I − X) ≈ Tr X ≤ |K|²/t².
  return bounded(Math.max(0, low * (1 - ALLOWANCE)), high * (1 + ALLOWANCE) + (2 * energy) / before.t);
}

/**
 * The least that S ⪰ 0 allows behind the known blocks: F₁ = Kᵀ·W₀·K, F₂ = B₁ᵀ·(A₁ − F₁)⁻¹·B₁ and so on.
 * @param atZero W₀, or null: then the least is zero
 * @returns with how many of the blocks it comes; rounding may leave none of the others definite
 */
function floorOf({ b, diagonal, links }: Chain, atZero: Float64Array | null): { known: number; floor: Float64Array } {
  let floor = atZero ? congruence(atZero, links[0] ?? new Float64Array(), b) : new Float64Array(b * b);
  for (const [k, block] of diagonal.entries()) {
    const rest = inverse(
      block.map((value, i) => value - at(floor, i)),
      b,
    );
    if (!rest) return { known: k, floor };
    floor = congruence(rest, links[k + 1] ?? new Float64Array(), b);
  }
  return { known: diagonal.length, floor };
}

/** Y⁻¹ = A₁ + t − B₁·(A₂ + t − …)⁻¹·B₁ᵀ with `end` + t behind the known blocks. */
function inverseY({ b, diagonal, links }: Chain, known: number, end: Float64Array, t: number): Float64Array {
  let result = plusDiagonal(end, t, b);
  for (let k = known - 1; k >= 0; k -= 1) {
    const inner = inverse(result, b);
    const block = plusDiagonal(diagonal[k] ?? new Float64Array(), t, b);
    if (!inner) return block;
    const taken = congruence(inner, transpose(links[k + 1] ?? new Float64Array(), b), b);
    result = block.map((value, i) => value - at(taken, i));
  }
  return result;
}

/** @returns null for a matrix that is not positive definite */
function inverse(matrix: Float64Array, b: number): Float64Array | null {
  const factor = cholesky(matrix, b);
  if (!factor) return null;
  const transposed = transpose(invertLower(factor, b), b);
  return multiply(transposed, transposed, b, true);
}

function blocksOf(basis: Basis, b: number): Chain {
  const { size } = basis;
  const t = basis.matrix();
  const diagonal: Float64Array[] = [];
  const links: Float64Array[] = [new Float64Array()];
  for (let start = 0; start < size; start += b) {
    diagonal.push(block(t, size, start, start, b));
    if (start > 0) links.push(block(t, size, start - b, start, b));
  }
  return { b, diagonal, links };
}

function block(t: Float64Array, size: number, row: number, column: number, b: number): Float64Array {
  return Float64Array.from({ length: b * b }, (_, i) => at(t, (row + Math.floor(i / b)) * size + column + (i % b)));
}

/** (T + t)⁻¹ at the last block; null where rounding leaves T + t indefinite. */
function resolvent({ b, diagonal, links }: Chain, t: number): Float64Array | null {
  let inverseFactor: Float64Array | null = null;
  for (const [k, own] of diagonal.entries()) {
    let schur = plusDiagonal(own, t, b);
    const link = links[k];
    if (inverseFactor && link) {
      const half = transpose(multiply(inverseFactor, link, b), b);
      const taken = multiply(half, half, b, true);
      schur = schur.map((value, i) => value - at(taken, i));
    }
    const factor = cholesky(schur, b);
    if (!factor) return null;
    inverseFactor = invertLower(factor, b);
  }
  if (!inverseFactor) return null;
  const transposed = transpose(inverseFactor, b);
  return multiply(transposed, transposed, b, true);
}

/** Kᵀ·W·K. */
function congruence(w: Float64Array, k: Float64Array, b: number): Float64Array {
  return multiply(transpose(k, b), multiply(w, k, b), b);
}

/** ln det(I − C·G⁻¹) for 0 ⪯ C ⪯ G. */
function logDet(c: Float64Array, g: Float64Array, b: number): number {
  const whole = cholesky(g, b);
  const shift = 1e-12 * at(g, 0);
  const rest = cholesky(
    g.map((value, i) => value - at(c, i)),
    b,
    shift,
  );
  if (!whole || !rest) return whole ? b * Math.log(1e-12) : 0;
  let sum = 0;
  for (let i = 0; i < b; i += 1) sum += 2 * Math.log(at(rest, i * b + i) / at(whole, i * b + i));
  return Math.min(0, sum);
}

function scaledIdentity(value: number, b: number): Float64Array {
  return plusDiagonal(new Float64Array(b * b), value, b);
}

function plusDiagonal(matrix: Float64Array, value: number, b: number): Float64Array {
  return matrix.map((entry, i) => (i % (b + 1) === 0 ? entry + value : entry));
}
