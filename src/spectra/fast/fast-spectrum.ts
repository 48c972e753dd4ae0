import type { Device } from '../../onnx/session.ts';
import { type Bounded, bounded, relativeWidth } from '../../statistics/bounded.ts';
import { addSums, matrixEnergies } from '../energies.ts';
import type { MatrixSource } from '../load-matrix.ts';
import { EXACT_ONLY, type FastMetrics } from '../metrics-schema.ts';
import { NOT_FINITE, type Spectrum } from '../spectrum.ts';
import { at } from '../unchecked.ts';
import { pinchingGap } from './coupling-entropy.ts';
import { gaussian, STREAMS } from './gaussian.ts';
import { type Krylov, krylovOf, optimisticBounds, type TopBounds, topBounds } from './ky-fan-bounds.ts';
import { Basis } from './lanczos-basis.ts';
import { type Chain, isAbove } from './largest-eigenvalue-bound.ts';
import { Operator } from './operator.ts';
import { ceilingOf, growChain, growProbes, NO_PROBES, shallowProbes, together } from './probe-vectors.ts';
import { densityOf } from './spectral-density.ts';
import { entropyTrace, quadratureGap, type ShallowProbes, squareTrace, xLogX } from './trace-estimates.ts';

export interface FastSpectrum {
  readonly finite: boolean;
  /** Null where there is no spectrum: all zero, or not finite. */
  readonly metrics: FastMetrics | null;
  /** σ/σ₁ at evenly spaced ranks, from the estimated spectral density: for the eye only. */
  readonly profile: number[];
}

export interface FastOptions {
  readonly device: Device;
  /** Measure ΔW = W − reference instead of W. */
  readonly reference?: MatrixSource | null | undefined;
  /** Also compute the Gini coefficient of the row energies. */
  readonly wantRowGini?: boolean | undefined;
  readonly effort?: Effort | undefined;
}

/** How much work is spent. */
export interface Effort {
  /** Vectors of a block. Small blocks reach deep: flat spectra need a polynomial of high degree. */
  readonly block: number;
  /** Most vectors of the Krylov basis. */
  readonly basis: number;
}

export const EFFORT: Effort = { block: 16, basis: 1024 };

/** What float32 products may be off by, relative to their result, and to the largest eigenvalue. */
const ROUNDING = 3e-6;

/**
 * What they may be off by beyond that in a matrix of equal entries, whose sums are rounded the same way in every step: up to
 * 1.3·10⁻⁵ was seen, in 1100 × 4096. Such a matrix is of rank one: it counts by the share of the largest eigenvalue.
 */
const ROUNDING_OF_EQUALS = 1.5e-5;

/** Sizes of the Krylov basis at which it is looked at, as shares of the most there may be. */
const STOPS = [...Array.from({ length: 8 }, (_, i) => (i + 1) / 16), 0.625, 0.75, 0.875, 1];

/** Relative widths of the sums that are aimed at. */
const NARROW = { top: 9e-4, wide: 9e-3 } as const;

/** So many times as wide they will not be narrow at the next stop either. */
const FAR = 8;

/** A Ritz value that rose by less than this since the last stop, relative to itself, has nothing like it outside. */
const SETTLED = 1e-3;

/** Vectors of probes beside the Krylov basis. */
const ROOM_FOR_PROBES = 384;

/** Blocks of probes in the complement: the more, the sharper the ceiling. After every `step` it is tried. */
const PROBE_BLOCKS = { step: 6, most: 12, mostAtTheEnd: 24 } as const;

/** Blocks that a quadrature uses at most: the entropy is smooth. */
const QUADRATURE_BLOCKS = 12;

/** Blocks by which the basis is continued to see how it is coupled to the rest. */
const BLOCKS_BEYOND = 2;

/** Gaussian probes that are multiplied twice, for the traces, in each round. */
const SHALLOW_PROBES = 48;

/** Rounds where the brackets are still wide. */
const MOST_ROUNDS = 9;

/** A round that narrows a bracket by less than this share is the last. */
const LEAST_GAIN = 0.02;

/** How far the two quadratures of the entropy may be apart, as a share of it: no other probes bring them closer. */
const QUADRATURE_GAP = 5e-4;

/** Relative widths of the participation ratio and the effective rank that are aimed at. */
const AIM = 9.5e-3;

/**
 * The spectrum of a matrix, or of matrix − reference, by block Krylov and random probes: every number is a bracket.
 * The same input on the same kind of device with the same number of threads gives the same numbers.
 */
export async function fastSpectrum(matrix: MatrixSource, options: FastOptions): Promise<FastSpectrum> {
  const { device, reference = null, wantRowGini = false, effort = EFFORT } = options;
  const energies = await matrixEnergies(matrix, { device, reference, wantRowEnergies: wantRowGini });
  const { energy } = energies;
  if (!Number.isFinite(energy)) return { finite: false, metrics: null, profile: [] };
  if (energy === 0) return { finite: true, metrics: null, profile: [] };
  const operator = await Operator.open(matrix, { device, reference, energy });
  try {
    const spectrum = await scaledSpectrum(operator, effort);
    const { metrics, profile } = inUnits(spectrum, energy, matrix.view.shape);
    addSums(metrics, energies);
    return { finite: true, metrics, profile };
  } finally {
    await operator.release();
  }
}

/** The fast spectrum of a matrix in the form of an exact one: what needs all singular values is null. */
export async function boundedSpectrum(matrix: MatrixSource, options: FastOptions): Promise<Spectrum> {
  const { finite, metrics, profile } = await fastSpectrum(matrix, options);
  const how = { accumulation: 'float32', method: 'fast' } as const;
  if (!finite) return { ...NOT_FINITE, ...how };
  return {
    singularValues: new Float64Array(),
    profile,
    metrics: metrics && { ...metrics, ...EXACT_ONLY },
    finite,
    ...how,
  };
}

/**
 * Copies of the matrix in float32 that are alive at once, the pages of the file included: as it is read, and as onnxruntime
 * packs it; for a difference, both operands too.
 */
const COPIES_ALIVE = { matrix: 3, difference: 5 } as const;

/** Vectors of the basis, of the probes, and of the products with them. */
const VECTORS_ALIVE = 3000;

/** Bytes that `fastSpectrum` needs at its peak for a matrix of this shape. */
export function fastMemory([m, n]: readonly [number, number], { isDifference }: { isDifference: boolean }): number {
  const copies = isDifference ? COPIES_ALIVE.difference : COPIES_ALIVE.matrix;
  return 4 * (copies * m * n + VECTORS_ALIVE * Math.min(m, n));
}

/** The spectrum of S in units of its mean eigenvalue: Tr S = n. */
interface ScaledSpectrum {
  readonly top: TopBounds;
  /** Tr S². */
  readonly square: Bounded;
  /** Tr S·ln S. */
  readonly entropy: Bounded;
  /** Eigenvalues, largest first, each standing for `weight` of them. */
  readonly atoms: ReadonlyArray<{ readonly value: number; readonly weight: number }>;
}

async function scaledSpectrum(operator: Operator, effort: Effort): Promise<ScaledSpectrum> {
  const n = operator.size;
  const { block } = effort;
  // What few directions would be left are taken along.
  const isComplete = n - effort.basis < 4 * block;
  const most = isComplete ? n : effort.basis;
  const basis = new Basis(operator, Math.min(n, most + ROOM_FOR_PROBES));
  const end = isComplete ? n : most - (most % block);
  const { krylov, bounded } = await growBasis(basis, Math.min(block, n), end);
  const { ritz } = krylov;
  if (!bounded) {
    return {
      top: topBounds(krylov, 0),
      square: exactly(sumOf(ritz, (x) => x * x)),
      entropy: exactly(sumOf(ritz, xLogX)),
      atoms: Array.from(ritz, (value) => ({ value, weight: 1 })),
    };
  }
  const { top, chain, ceiling, trace } = bounded;
  const left = n - basis.size;
  const known = { size: left, trace, ceiling };
  const here = basis.mark();
  const beyond = await growChain(basis, basis.link, BLOCKS_BEYOND);
  here.drop();
  const gap = pinchingGap(basis, beyond, ceiling);
  const inside = sumOf(ritz, (x) => x * x) + 2 * sumOf(basis.link, (x) => x * x);
  const split = sumOf(ritz, xLogX);
  const deep = densityOf(beginning(chain));
  const tracesWith = (shallow: ShallowProbes) => {
    const square = shifted(squareTrace({ deep, shallow }, known), inside, inside);
    const entropy = shifted(entropyTrace({ deep, shallow }, known), split + gap.low, split + gap.high);
    // An error of the entropy of so much is one of its exponential, the effective rank.
    return { square, entropy, width: Math.max(relativeWidth(square), (entropy.high - entropy.low) / n) };
  };
  let shallow = NO_PROBES;
  let { square, entropy, width } = tracesWith(shallow);
  for (let round = 0, before = Infinity; round < MOST_ROUNDS && width > AIM; round += 1) {
    if (width > (1 - LEAST_GAIN) * before) break;
    before = width;
    shallow = together(shallow, await shallowProbes(basis, SHALLOW_PROBES, STREAMS.shallow + round));
    ({ square, entropy, width } = tracesWith(shallow));
  }
  const { nodes, weights } = deep.gauss;
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const atoms = [
    ...Array.from(ritz, (value) => ({ value, weight: 1 })),
    ...Array.from(nodes, (value, i) => ({ value, weight: (left * at(weights, i)) / mass })),
  ].sort((a, b) => b.value - a.value);
  return { top, square, entropy, atoms };
}

/** Bounds of the sums of the largest eigenvalues, with the probes of the complement that they rest on. */
interface BoundedTop {
  readonly top: TopBounds;
  readonly chain: Chain;
  /** No eigenvalue of the complement is larger. */
  readonly ceiling: number;
  /** Tr S in the complement. */
  readonly trace: number;
}

/** Grow the Krylov basis until the sums of the largest eigenvalues are narrow, or to the end. Null if that is all of S. */
async function growBasis(
  basis: Basis,
  block: number,
  end: number,
): Promise<{ krylov: Krylov; bounded: BoundedTop | null }> {
  const n = basis.operator.size;
  await basis.start(gaussian(STREAMS.start, block * n));
  let before: Krylov | null = null;
  let isFar = false;
  for (;;) {
    const [next = 1, afterNext = 1] = STOPS.filter((share) => share * end > basis.size);
    const stop = end * (isFar ? afterNext : next);
    while (basis.size < stop && !basis.isComplete) await basis.grow();
    // Too few are left for one block of probes and the next one, which it reaches: take them along.
    while (n - basis.size < 2 * block && !basis.isComplete) await basis.grow();
    const krylov = krylovOf(basis, block);
    if (basis.isComplete) return { krylov, bounded: null };
    const isEnd = basis.size >= end;
    const expected = before ? expectedBounds(krylov, before) : null;
    if (isEnd || (expected && isNarrow(expected, n))) {
      const bounded = await boundTop(basis, krylov, isEnd ? PROBE_BLOCKS.mostAtTheEnd : PROBE_BLOCKS.most);
      if (isEnd || isNarrow(bounded.top, n)) return { krylov, bounded };
    }
    isFar = expected !== null && !isNarrow(expected, n, FAR);
    before = krylov;
  }
}

/** What the sums would be if the first Ritz value that still moves were the largest eigenvalue outside of the basis. */
function expectedBounds(krylov: Krylov, before: Krylov): TopBounds {
  const { ritz } = krylov;
  const moving = ritz.findIndex((value, i) => !(value - at(before.ritz, i) < SETTLED * value));
  return optimisticBounds(krylov, at(ritz, moving < 0 ? ritz.length - 1 : moving));
}

async function boundTop(basis: Basis, krylov: Krylov, mostBlocks: number): Promise<BoundedTop> {
  const { size: n, ritz } = krylov;
  const block = Math.sqrt(krylov.link.length);
  const trace = Math.max(0, n - sumOf(ritz, (x) => x));
  const rounding = ROUNDING * at(ritz, 0);
  let latest = { blocks: 0, top: optimisticBounds(krylov, trace), ceiling: trace };
  const bounds = (chain: Chain) => {
    const blocks = chain.diagonal.length;
    if (blocks !== latest.blocks) {
      const ceiling = ceilingOf(chain, trace + rounding, rounding);
      latest = { blocks, top: topBounds(krylov, ceiling), ceiling };
    }
    return latest;
  };
  const allowed = allowedCeiling(krylov);
  const here = basis.mark();
  const chain = await growProbes(
    basis,
    gaussian(STREAMS.complement, block * n),
    Math.min(mostBlocks, Math.floor(basis.room / block)),
    (soFar) => {
      const blocks = soFar.diagonal.length;
      if (blocks % PROBE_BLOCKS.step !== 0 || !isAbove(soFar, allowed) || !isNarrow(bounds(soFar).top, n)) return false;
      return blocks >= QUADRATURE_BLOCKS || quadratureGap(densityOf(soFar)) < QUADRATURE_GAP * n;
    },
  );
  here.drop();
  const { top, ceiling } = bounds(chain);
  return { top, ceiling, chain, trace };
}

/** Halvings of an interval that leave nothing of interest. */
const HALVINGS = 20;

/** The largest ceiling with which the sums may be narrow. */
function allowedCeiling(krylov: Krylov): number {
  let low = 0;
  let high = at(krylov.ritz, 0);
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (isNarrow(optimisticBounds(krylov, middle), krylov.size)) low = middle;
    else high = middle;
  }
  return low;
}

/** Are the sums no wider than so many times what is aimed at? */
function isNarrow(top: TopBounds, n: number, times = 1): boolean {
  const keys = [1, 8, shareOf(n, 1), shareOf(n, 5)].map((k) => Math.min(k, n));
  return keys.every((k, i) => top.high(k) - top.low(k) < times * (i === 3 ? NARROW.wide : NARROW.top) * top.low(k));
}

function shifted({ low, high }: Bounded, byLow: number, byHigh: number): Bounded {
  return bounded(low + byLow, high + byHigh);
}

function beginning({ b, diagonal, links }: Chain): Chain {
  return { b, diagonal: diagonal.slice(0, QUADRATURE_BLOCKS), links: links.slice(0, QUADRATURE_BLOCKS + 1) };
}

/** From units of the mean eigenvalue to those of the matrix, with what rounding may have done. */
function inUnits({ top, square, entropy, atoms }: ScaledSpectrum, energy: number, [m, n]: readonly [number, number]) {
  const size = Math.min(m, n);
  const rounding = ROUNDING + ROUNDING_OF_EQUALS * Math.min(1, top.low(1) / size);
  const sum = (k: number) => {
    const slack = rounding * (top.low(k) + top.high(1));
    return { low: Math.max(0, top.low(k) - slack), high: Math.min(size, top.high(k) + slack) };
  };
  const largest = sum(1);
  const share = (k: number) => {
    const { low, high } = sum(Math.min(size, k));
    return bounded(low / size, high / size);
  };
  const stableRank = bounded(Math.max(1, size / largest.high), size / largest.low);
  const ratio = (trace: number, sign: number) => ((size * size) / trace) * (1 + sign * 4 * rounding);
  const participationRatio = bounded(
    Math.max(stableRank.low, ratio(square.high, -1)),
    Math.min(size, ratio(square.low, 1)),
  );
  const rank = (trace: number, sign: number) => size * Math.exp(-trace / size) * (1 + sign * 20 * rounding);
  const effectiveRank = bounded(
    Math.max(participationRatio.low, rank(entropy.high, -1)),
    Math.min(size, rank(entropy.low, 1)),
  );
  const toNull = 1 / m + 1 / n;
  const unit = energy / size;
  const metrics: FastMetrics = {
    frobeniusNorm: Math.sqrt(energy),
    spectralNorm: bounded(Math.sqrt(largest.low * unit), Math.sqrt(largest.high * unit)),
    stableRank,
    participationRatio,
    participationRatioToNull: bounded(participationRatio.low * toNull, participationRatio.high * toNull),
    effectiveRank,
    topEnergy: { '1': share(1), '8': share(8), '1%': share(shareOf(size, 1)), '5%': share(shareOf(size, 5)) },
  };
  return { metrics, profile: profileOf(atoms, size) };
}

/** Number of points of a profile, as of an exact spectrum. */
const PROFILE_POINTS = 24;

function profileOf(atoms: ScaledSpectrum['atoms'], size: number): number[] {
  const points = Math.min(PROFILE_POINTS, size);
  const largest = atoms[0]?.value ?? 0;
  let index = 0;
  let passed = 0;
  return Array.from({ length: points }, (_, i) => {
    const rank = points === 1 ? 0 : Math.round((i * (size - 1)) / (points - 1));
    while (index < atoms.length - 1 && passed + (atoms[index]?.weight ?? 0) <= rank + 1e-9) {
      passed += atoms[index]?.weight ?? 0;
      index += 1;
    }
    return Math.sqrt(Math.max(0, atoms[index]?.value ?? 0) / largest);
  });
}

/** ⌈percent · M / 100⌉. */
function shareOf(M: number, percent: number): number {
  return Math.ceil((percent * M) / 100);
}

function sumOf(values: Float64Array, f: (x: number) => number): number {
  return values.reduce((sum, value) => sum + f(value), 0);
}

function exactly(value: number): Bounded {
  return { value, low: value, high: value };
}
