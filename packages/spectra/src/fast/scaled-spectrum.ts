import { type Bounded, bounded, exactly, relativeWidth } from '../bounded.ts';
import { percentToCount } from '../metrics.ts';
import { unchecked } from '../unchecked.ts';
import { couplingEntropy } from './coupling-entropy.ts';
import {
  BLOCKS_BEYOND,
  type Effort,
  FAR,
  LEAST_GAIN,
  MOST_ROUNDS,
  PROBE_BLOCKS,
  PROBES_PER_ROUND,
  QUADRATURE_BLOCKS,
  QUADRATURE_GAP,
  ROOM_FOR_PROBES,
  ROUNDING,
  roundingError,
  SETTLED,
  STOPS,
  TARGET_WIDTH,
  TRACE_WIDTH,
} from './effort.ts';
import { gaussian, STREAMS } from './gaussian.ts';
import {
  type KyFanBounds,
  kyFanBounds,
  optimisticBounds,
  type RitzProjection,
  ritzProjection,
} from './ky-fan-bounds.ts';
import { LanczosBasis } from './lanczos-basis.ts';
import { type BlockLanczos, isAbove, largestEigenvalueBound } from './largest-eigenvalue-bound.ts';
import type { Operator } from './operator.ts';
import { addMoments, continueProcess, multiplyProbes, NO_MOMENTS, probeComplement } from './probe-vectors.ts';
import { estimateDensity } from './spectral-density.ts';
import { entropyTrace, type ProbeMoments, quadratureGap, squareTrace, xLogX } from './trace-estimates.ts';

/** The spectrum of S in units of its mean eigenvalue: Tr S = n. */
export interface ScaledSpectrum {
  /** Sums of the largest eigenvalues. */
  readonly top: KyFanBounds;
  /** Tr S². */
  readonly square: Bounded;
  /** Tr S·ln S. */
  readonly entropy: Bounded;
  /** Eigenvalues, largest first, each standing for `weight` of them. */
  readonly atoms: ReadonlyArray<{ readonly value: number; readonly weight: number }>;
}

/** A Krylov basis captures the largest eigenvalues; random vectors bound the largest other one, Tr S² and Tr S·ln S. */
export async function scaledSpectrum(operator: Operator, effort: Effort): Promise<ScaledSpectrum> {
  const n = operator.size;
  const { block } = effort;
  // If only a few directions would remain, the basis includes them.
  const isComplete = n - effort.basis < 4 * block;
  const most = isComplete ? n : effort.basis;
  const basis = new LanczosBasis(operator, Math.min(n, most + ROOM_FOR_PROBES));
  const end = isComplete ? n : most - (most % block);
  const { projection, boundedTop } = await growBasis(basis, Math.min(block, n), end);
  return boundedTop ? withProbes(basis, projection, boundedTop) : wholeSpectrum(projection);
}

/** The basis spans the whole space: its Ritz values are the eigenvalues. */
function wholeSpectrum(projection: RitzProjection): ScaledSpectrum {
  const { ritz } = projection;
  return {
    top: kyFanBounds(projection, 0),
    square: exactly(sumOf(ritz, (x) => x * x)),
    entropy: exactly(sumOf(ritz, xLogX)),
    atoms: Array.from(ritz, (value) => ({ value, weight: 1 })),
  };
}

async function withProbes(
  basis: LanczosBasis,
  { ritz }: RitzProjection,
  { top, process, upperBound, trace }: BoundedTop,
): Promise<ScaledSpectrum> {
  const n = basis.operator.size;
  const left = n - basis.size;
  const { square: whole } = basis.operator;
  const here = basis.mark();
  const beyond = await continueProcess(basis, basis.coupling, BLOCKS_BEYOND);
  here.drop();
  const gap = couplingEntropy(basis, beyond, upperBound);
  const inside = sumOf(ritz, (x) => x * x) + 2 * sumOf(basis.coupling, (x) => x * x);
  const split = sumOf(ritz, xLogX);
  const known = {
    size: left,
    trace,
    upperBound,
    square: whole === null ? null : leftOf(whole, inside, roundingError(unchecked(ritz, 0) / n)),
  };
  const deep = estimateDensity(beginning(process));
  const tracesWith = (shallow: ProbeMoments) => {
    const square = whole === null ? shifted(squareTrace({ deep, shallow }, known), inside, inside) : exactly(whole);
    const entropy = shifted(entropyTrace({ deep, shallow }, known), split + gap.low, split + gap.high);
    // An absolute error of the entropy is a relative error of its exponential, the effective rank.
    return { square, entropy, width: Math.max(relativeWidth(square), (entropy.high - entropy.low) / n) };
  };
  let shallow = NO_MOMENTS;
  let { square, entropy, width } = tracesWith(shallow);
  for (let round = 0, before = Infinity; round < MOST_ROUNDS && width > TRACE_WIDTH; round += 1) {
    if (width > (1 - LEAST_GAIN) * before) break;
    before = width;
    shallow = addMoments(shallow, await multiplyProbes(basis, PROBES_PER_ROUND, STREAMS.shallow + round));
    ({ square, entropy, width } = tracesWith(shallow));
  }
  const { nodes, weights } = deep.gauss;
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const atoms = [
    ...Array.from(ritz, (value) => ({ value, weight: 1 })),
    ...Array.from(nodes, (value, i) => ({ value, weight: (left * unchecked(weights, i)) / mass })),
  ].sort((a, b) => b.value - a.value);
  return { top, square, entropy, atoms };
}

/** Bounds of the sums of the largest eigenvalues, with the estimates of the complement behind them. */
interface BoundedTop {
  readonly top: KyFanBounds;
  /** Block Lanczos on S in the complement, from Gaussian probe vectors. */
  readonly process: BlockLanczos;
  /** No eigenvalue of S in the complement is larger. */
  readonly upperBound: number;
  /** Tr S in the complement. */
  readonly trace: number;
}

/** Grows the basis to at most `end` until the sums have narrow bounds. `boundedTop` is null if it spans everything. */
async function growBasis(
  basis: LanczosBasis,
  block: number,
  end: number,
): Promise<{ projection: RitzProjection; boundedTop: BoundedTop | null }> {
  const n = basis.operator.size;
  await basis.start(gaussian(STREAMS.start, block * n));
  let before: RitzProjection | null = null;
  let isFar = false;
  for (;;) {
    const [next = 1, afterNext = 1] = STOPS.filter((share) => share * end > basis.size);
    const stop = end * (isFar ? afterNext : next);
    while (basis.size < stop && !basis.isComplete) await basis.grow();
    // Include the last directions if they are too few for a block of probe vectors and the next block.
    while (n - basis.size < 2 * block && !basis.isComplete) await basis.grow();
    const projection = ritzProjection(basis, block);
    if (basis.isComplete) return { projection, boundedTop: null };
    const isEnd = basis.size >= end;
    const expected = before ? expectedBounds(projection, before) : null;
    if (isEnd || (expected && isNarrow(expected, n))) {
      const boundedTop = await boundTop(basis, projection, isEnd ? PROBE_BLOCKS.mostAtTheEnd : PROBE_BLOCKS.most);
      if (isEnd || isNarrow(boundedTop.top, n)) return { projection, boundedTop };
    }
    isFar = expected !== null && !isNarrow(expected, n, FAR);
    before = projection;
  }
}

/** The bounds, assuming that the first Ritz value that still moves is the largest eigenvalue outside the basis. */
function expectedBounds(projection: RitzProjection, before: RitzProjection): KyFanBounds {
  const { ritz } = projection;
  const moving = ritz.findIndex((value, i) => !(value - unchecked(before.ritz, i) < SETTLED * value));
  return optimisticBounds(projection, unchecked(ritz, moving < 0 ? ritz.length - 1 : moving));
}

async function boundTop(basis: LanczosBasis, projection: RitzProjection, mostBlocks: number): Promise<BoundedTop> {
  const { size: n, ritz } = projection;
  const block = Math.sqrt(projection.coupling.length);
  const trace = Math.max(0, n - sumOf(ritz, (x) => x));
  const rounding = ROUNDING * unchecked(ritz, 0);
  const upperBoundOf = (process: BlockLanczos) => {
    const limit = trace + rounding;
    return Math.min(limit, largestEigenvalueBound(process, limit) + rounding);
  };
  /** Eigenvalues of a large matrix: recomputed only until they are narrow. */
  let latest: { blocks: number; top: KyFanBounds } | null = null;
  const topOf = (process: BlockLanczos) => {
    const blocks = process.diagonal.length;
    if (!latest || (blocks !== latest.blocks && !isNarrow(latest.top, n)))
      latest = { blocks, top: kyFanBounds(projection, upperBoundOf(process)) };
    return latest.top;
  };
  const allowed = largestAllowedBound(projection);
  const here = basis.mark();
  const process = await probeComplement(
    basis,
    gaussian(STREAMS.complement, block * n),
    Math.min(mostBlocks, Math.floor(basis.room / block)),
    (soFar) => {
      const blocks = soFar.diagonal.length;
      if (blocks % PROBE_BLOCKS.step !== 0 || !isAbove(soFar, allowed) || !isNarrow(topOf(soFar), n)) return false;
      return blocks >= QUADRATURE_BLOCKS || quadratureGap(estimateDensity(soFar)) < QUADRATURE_GAP * n;
    },
  );
  here.drop();
  return { top: topOf(process), upperBound: upperBoundOf(process), process, trace };
}

/** Halvings of an interval: more do not matter. */
const HALVINGS = 20;

/** The largest upper bound of the eigenvalues in the complement for which the sums can be narrow. */
function largestAllowedBound(projection: RitzProjection): number {
  let low = 0;
  let high = unchecked(projection.ritz, 0);
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (isNarrow(optimisticBounds(projection, middle), projection.size)) low = middle;
    else high = middle;
  }
  return low;
}

/** Are the bounds of all sums less than `times` the target width? */
function isNarrow(top: KyFanBounds, n: number, times = 1): boolean {
  const keys = [1, 8, percentToCount(n, 1), percentToCount(n, 5)].map((k) => Math.min(k, n));
  return keys.every((k, i) => {
    const target = i === 3 ? TARGET_WIDTH.wide : TARGET_WIDTH.top;
    return top.high(k) - top.low(k) < times * target * top.low(k);
  });
}

/** The rest of a rounded sum without a rounded part of it. */
function leftOf(whole: number, part: number, rounding: number): Bounded {
  const error = 4 * rounding * whole;
  return bounded(Math.max(0, whole - part - error), Math.max(0, whole - part + error));
}

function shifted({ low, high }: Bounded, byLow: number, byHigh: number): Bounded {
  return bounded(low + byLow, high + byHigh);
}

function beginning({ b, diagonal, offDiagonal }: BlockLanczos): BlockLanczos {
  return {
    b,
    diagonal: diagonal.slice(0, QUADRATURE_BLOCKS),
    offDiagonal: offDiagonal.slice(0, QUADRATURE_BLOCKS + 1),
  };
}

function sumOf(values: Float64Array, f: (x: number) => number): number {
  return values.reduce((sum, value) => sum + f(value), 0);
}
