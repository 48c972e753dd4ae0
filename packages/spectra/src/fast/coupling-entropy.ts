import { at } from '@shadow-gate/platform';
import { type Bounded, bounded } from '../bounded.ts';
import { unchecked } from '../unchecked.ts';
import type { LanczosBasis } from './lanczos-basis.ts';
import type { BlockLanczos } from './largest-eigenvalue-bound.ts';
import { cholesky, invertLower, multiplyMatrices, transpose } from './small-matrix.ts';

/** Points of the integral, in units of the upper bound: a geometric grid. */
const GRID = { from: 1e-3, to: 1e2, ratio: 1.6 } as const;

/** Relative error of the trapezoidal rule in ln t on that grid: 2% if the integrand falls like t⁻² or is constant. */
const ALLOWANCE = 0.05;

/**
 * The entropy that the coupling C of two blocks adds: Tr f(S) − Tr f(T) − Tr f(S₂₂) for f = x·ln x and
 * S = [T Cᵀ; C S₂₂] ⪰ 0, which is ≥ 0 by the pinching inequality.
 *
 * With f(x) = ∫₀^∞ (x/(1+t) − 1 + t/(x+t)) dt it is −∫₀^∞ ln det(I − W·K·Y·Kᵀ) dt, where W = (T+t)⁻¹ at the last block
 * of T, K is the coupling of that block to the next one, and Y = (S₂₂+t)⁻¹ at the next one. The integrand falls with t
 * and grows with Y. Some blocks of S₂₂ are known, so Y⁻¹ = A₁ + t − B₁·Y₂·B₁ᵀ and so on, and Y grows with the Yⱼ behind
 * the known blocks. That Yⱼ is ⪰ (μ+t)⁻¹ for the upper bound μ of S₂₂, and ⪯ (F+t)⁻¹ for the least F that S ⪰ 0 allows.
 * @param beyond the beginning of S₂₂, from the next block on; may have no blocks
 * @param upperBound μ: no eigenvalue of S₂₂ is larger
 */
export function couplingEntropy(basis: LanczosBasis, beyond: BlockLanczos, upperBound: number): Bounded {
  const { b } = beyond;
  const k = at(beyond.offDiagonal, 0);
  const energy = k.reduce((sum, value) => sum + value * value, 0);
  if (energy === 0 || !(upperBound > 0)) return bounded(0, 0);
  const blocks = blocksOf(basis, b);
  const { known, least } = leastBehind(beyond, resolvent(blocks, 0) ?? resolvent(blocks, GRID.from * upperBound));
  // Without an upper bound, as if nothing were left in any direction.
  const most = b * Math.log(NOTHING_LEFT);
  let low = 0;
  let high = 0;
  let before = { t: 0, low: 0, high: 0 };
  for (let t = GRID.from * upperBound; t <= GRID.to * upperBound; t *= GRID.ratio) {
    const w = resolvent(blocks, t);
    if (!w) continue;
    // KᵀWK has the size of the next block, like Y.
    const coupled = congruence(w, k, b);
    const here = {
      t,
      low: -(logDet(coupled, inverseY(beyond, { known, end: scaledIdentity(upperBound, b), t }), b) ?? 0),
      high: -(logDet(coupled, inverseY(beyond, { known, end: least, t }), b) ?? most),
    };
    // Up to the first point the integrand is at worst a logarithm: its mean is its last value plus one per direction.
    const ratio = Math.log(t / before.t);
    low += before.t === 0 ? here.low * t : ((before.low * before.t + here.low * t) / 2) * ratio;
    high += before.t === 0 ? (here.high + b) * t : ((before.high * before.t + here.high * t) / 2) * ratio;
    before = here;
  }
  // Beyond the last point: −ln det(I − X) ≈ Tr X ≤ |K|²/t².
  return bounded(Math.max(0, low * (1 - ALLOWANCE)), high * (1 + ALLOWANCE) + (2 * energy) / before.t);
}

/**
 * The least F that S ⪰ 0 allows behind the known blocks: F₁ = Kᵀ·W₀·K, F₂ = B₁ᵀ·(A₁ − F₁)⁻¹·B₁ and so on.
 * @param atZero W₀; null counts as F₁ = 0
 * @returns F, and the number of known blocks in front of it: rounding may leave the remaining ones indefinite
 */
function leastBehind({ b, diagonal, offDiagonal }: BlockLanczos, atZero: Float64Array | null) {
  let least = atZero ? congruence(atZero, at(offDiagonal, 0), b) : new Float64Array(b * b);
  for (const [j, block] of diagonal.entries()) {
    const left = block.map((value, i) => value - unchecked(least, i));
    const rest = inverse(left, b);
    if (!rest) return { known: j, least };
    least = congruence(rest, at(offDiagonal, j + 1), b);
  }
  return { known: diagonal.length, least };
}

/** Y⁻¹ = A₁ + t − B₁·(A₂ + t − …)⁻¹·B₁ᵀ with `end` + t behind the known blocks. */
function inverseY(
  { b, diagonal, offDiagonal }: BlockLanczos,
  { known, end, t }: { known: number; end: Float64Array; t: number },
): Float64Array {
  let result = plusDiagonal(end, t, b);
  for (let j = known - 1; j >= 0; j -= 1) {
    const inner = inverse(result, b);
    const block = plusDiagonal(at(diagonal, j), t, b);
    if (!inner) return block;
    const correction = congruence(inner, transpose(at(offDiagonal, j + 1), b), b);
    result = block.map((value, i) => value - unchecked(correction, i));
  }
  return result;
}

/** @returns null for a matrix that is not positive definite */
function inverse(matrix: Float64Array, b: number): Float64Array | null {
  const factor = cholesky(matrix, b);
  if (!factor) return null;
  const transposed = transpose(invertLower(factor, b), b);
  return multiplyMatrices(transposed, transposed, b, { transposeB: true });
}

/** T of a basis as blocks [b, b]. There is no first off-diagonal block: it is empty. */
function blocksOf(basis: LanczosBasis, b: number): BlockLanczos {
  const { size } = basis;
  const t = basis.matrix();
  const diagonal: Float64Array[] = [];
  const offDiagonal: Float64Array[] = [new Float64Array()];
  for (let start = 0; start < size; start += b) {
    diagonal.push(block(t, size, start, start, b));
    if (start > 0) offDiagonal.push(block(t, size, start - b, start, b));
  }
  return { b, diagonal, offDiagonal };
}

function block(t: Float64Array, size: number, row: number, column: number, b: number): Float64Array {
  return Float64Array.from({ length: b * b }, (_, i) =>
    unchecked(t, (row + Math.floor(i / b)) * size + column + (i % b)),
  );
}

/** (T + t)⁻¹ at the last block; null if rounding leaves T + t indefinite. */
function resolvent({ b, diagonal, offDiagonal }: BlockLanczos, t: number): Float64Array | null {
  let inverseFactor: Float64Array | null = null;
  for (const [j, own] of diagonal.entries()) {
    let schur = plusDiagonal(own, t, b);
    if (inverseFactor) {
      const half = transpose(multiplyMatrices(inverseFactor, at(offDiagonal, j), b), b);
      const correction = multiplyMatrices(half, half, b, { transposeB: true });
      schur = schur.map((value, i) => value - unchecked(correction, i));
    }
    const factor = cholesky(schur, b);
    if (!factor) return null;
    inverseFactor = invertLower(factor, b);
  }
  if (!inverseFactor) return null;
  const transposed = transpose(inverseFactor, b);
  return multiplyMatrices(transposed, transposed, b, { transposeB: true });
}

/** Kᵀ·W·K. */
function congruence(w: Float64Array, k: Float64Array, b: number): Float64Array {
  return multiplyMatrices(transpose(k, b), multiplyMatrices(w, k, b), b);
}

/** A direction in which C and G are equal up to rounding. */
const NOTHING_LEFT = 1e-12;

/** ln det(I − C·G⁻¹) for 0 ⪯ C ⪯ G; null if rounding leaves one of G and G − C indefinite. */
function logDet(c: Float64Array, g: Float64Array, b: number): number | null {
  const whole = cholesky(g, b);
  const shift = NOTHING_LEFT * unchecked(g, 0);
  const difference = g.map((value, i) => value - unchecked(c, i));
  const rest = cholesky(difference, b, shift);
  if (!whole || !rest) return null;
  let sum = 0;
  for (let i = 0; i < b; i += 1) sum += 2 * Math.log(unchecked(rest, i * b + i) / unchecked(whole, i * b + i));
  return Math.min(0, sum);
}

function scaledIdentity(value: number, b: number): Float64Array {
  return plusDiagonal(new Float64Array(b * b), value, b);
}

function plusDiagonal(matrix: Float64Array, value: number, b: number): Float64Array {
  return matrix.map((entry, i) => (i % (b + 1) === 0 ? entry + value : entry));
}
