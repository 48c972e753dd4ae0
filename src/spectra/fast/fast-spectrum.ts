import type { Device } from '../../onnx/session.ts';
import { gini } from '../../statistics/statistics.ts';
import { symmetricEigenvalues } from '../eigenvalues.ts';
import type { MatrixSource } from '../source.ts';
import { Basis } from './basis.ts';
import { type Bracket, bracket, relativeWidth } from './bracket.ts';
import { type Chain, isAbove } from './ceiling.ts';
import { densityOf } from './density.ts';
import { matrixEnergies } from './energies.ts';
import { gaussian, STREAMS } from './gaussian.ts';
import { Operator } from './operator.ts';
import { pinchingGap } from './pinching.ts';
import { ceilingOf, growProbes, shallowProbes, together } from './probes.ts';
import { at } from './small-matrix.ts';
import { type TopBounds, topBounds, topSum } from './top.ts';
import { entropyTrace, squareTrace, xLogX } from './trace.ts';

export interface FastMetrics {
  /** Exact: accumulated in float64. */
  readonly frobeniusNorm: number;
  readonly spectralNorm: Bracket;
  readonly stableRank: Bracket;
  readonly participationRatio: Bracket;
  readonly participationRatioToNull: Bracket;
  readonly effectiveRank: Bracket;
  readonly topEnergy: Readonly<Record<'1' | '8' | '1%' | '5%', Bracket>>;
  /** As those of the exact spectrum. */
  rowGini?: number | null;
  snr?: number | null;
  updateSize?: number | null;
}

export interface FastSpectrum {
  readonly finite: boolean;
  /** Null where there is no spectrum: all zero, or not finite. */
  readonly metrics: FastMetrics | null;
  /** σ/σ₁ at evenly spaced ranks, from the estimated spectral density: for the eye only. */
  readonly profile: number[];
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

/** Sizes of the Krylov basis at which it is looked at, as shares of the most there may be. */
const STOPS = [0.25, 0.375, 0.5625, 0.75, 1] as const;

/** A sum that changed by less than this from one stop to the next is good enough. */
const SETTLED = { top: 2e-4, wide: 5e-3 } as const;

/** Relative widths of the sums that are aimed at. */
const NARROW = { top: 9e-4, wide: 9e-3 } as const;

/** A sum that still changes by more than this will not have settled at the next stop either. */
const FAR = 0.025;

/** Most blocks of probes in the complement, which make the ceiling sharper. */
const MOST_PROBE_BLOCKS = 12;

/** Vectors of probes beside the Krylov basis. */
const ROOM_FOR_PROBES = 256;

/** Fewest of them. */
const LEAST_PROBE_BLOCKS = 4;

/** Blocks that a quadrature uses at most: the entropy is smooth. */
const QUADRATURE_BLOCKS = 10;

/** Gaussian probes that are multiplied twice, for the traces. */
const SHALLOW_PROBES = 72;

/** Rounds of as many again where the brackets are still wide. */
const MOST_ROUNDS = 6;

/** Relative widths of the participation ratio and the effective rank that are aimed at. */
const AIM = 9.5e-3;

/**
 * The spectrum of a matrix, or of matrix − reference, by block Krylov and random probes: every number is a bracket.
 * The same input on the same kind of device with the same number of threads gives the same numbers.
 */
export async function fastSpectrum(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowGini: boolean,
  device: Device,
  effort: Effort = EFFORT,
): Promise<FastSpectrum> {
  const { energy, rowEnergies, referenceEnergy, roundingEnergy } = await matrixEnergies(
    matrix,
    reference,
    wantRowGini,
    device,
  );
  if (!Number.isFinite(energy)) return { finite: false, metrics: null, profile: [] };
  if (energy === 0) return { finite: true, metrics: null, profile: [] };
  const operator = await Operator.open(matrix, reference, energy, device);
  try {
    const spectrum = await scaledSpectrum(operator, effort);
    const { metrics, profile } = inUnits(spectrum, energy, matrix.view.shape);
    if (rowEnergies) metrics.rowGini = gini(rowEnergies);
    if (referenceEnergy !== null) {
      metrics.updateSize = referenceEnergy > 0 ? Math.sqrt(energy / referenceEnergy) : null;
    }
    if (roundingEnergy !== null) metrics.snr = roundingEnergy > 0 ? energy / roundingEnergy : null;
    return { finite: true, metrics, profile };
  } finally {
    await operator.release();
  }
}

/** The spectrum of S in units of its mean eigenvalue: Tr S = n. */
interface ScaledSpectrum {
  readonly top: TopBounds;
  /** Tr S². */
  readonly square: Bracket;
  /** Tr S·ln S. */
  readonly entropy: Bracket;
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
  await basis.start(gaussian(STREAMS.start, Math.min(block, n) * n));
  let ritz = await growBasis(basis, Math.min(block, n), end);
  let bounded = basis.isComplete ? null : await boundTop(basis, ritz, block);
  while (bounded && basis.size < end && !isNarrowTop(bounded.top, n)) {
    ritz = await growBasis(basis, block, end);
    bounded = basis.isComplete ? null : await boundTop(basis, ritz, block);
  }
  if (!bounded) {
    return {
      top: topBounds(basis, ritz, 0, n),
      square: exactly(sumOf(ritz, (x) => x * x)),
      entropy: exactly(sumOf(ritz, xLogX)),
      atoms: Array.from(ritz, (value) => ({ value, weight: 1 })),
    };
  }
  const { top, chain, ceiling, trace } = bounded;
  const left = n - basis.size;
  const known = { size: left, trace, ceiling };
  const gap = pinchingGap(basis, block, ceiling);
  const inside = sumOf(ritz, (x) => x * x) + 2 * sumOf(basis.link, (x) => x * x);
  const split = sumOf(ritz, xLogX);
  const deep = densityOf(beginning(chain));
  let shallow = await shallowProbes(basis, SHALLOW_PROBES, STREAMS.shallow);
  let square: Bracket;
  let entropy: Bracket;
  for (let round = 1; ; round += 1) {
    square = shifted(squareTrace({ deep, shallow }, known), inside, inside);
    entropy = shifted(entropyTrace({ deep, shallow }, known), split + gap.low, split + gap.high);
    const isNarrow = relativeWidth(square) < AIM && (entropy.high - entropy.low) / n < AIM;
    if (isNarrow || round === MOST_ROUNDS) break;
    shallow = together(shallow, await shallowProbes(basis, SHALLOW_PROBES, STREAMS.shallow + round));
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
async function boundTop(basis: Basis, ritz: Float64Array, block: number) {
  const n = basis.operator.size;
  const trace = Math.max(0, n - sumOf(ritz, (x) => x));
  const wide = at(ritz, Math.min(ritz.length, shareOf(n, 5)) - 1);
  const rounding = ROUNDING * at(ritz, 0);
  const here = basis.mark();
  const chain = await growProbes(
    basis,
    gaussian(STREAMS.complement, block * n),
    Math.min(MOST_PROBE_BLOCKS, Math.floor(basis.room / block)),
    (soFar) => soFar.diagonal.length >= LEAST_PROBE_BLOCKS && isAbove(soFar, 0.8 * wide),
  );
  here.drop();
  const ceiling = ceilingOf(chain, trace + rounding, rounding);
  return { top: topBounds(basis, ritz, ceiling, n), chain, ceiling, trace };
}

function isNarrowTop(top: TopBounds, n: number): boolean {
  const keys = [1, 8, shareOf(n, 1), shareOf(n, 5)].map((k) => Math.min(k, n));
  return keys.every((k, i) => top.high(k) - top.low(k) < (i === 3 ? NARROW.wide : NARROW.top) * top.low(k));
}

/** Grow the Krylov basis until its sums of eigenvalues stand still. @returns its Ritz values, largest first */
async function growBasis(basis: Basis, block: number, most: number): Promise<Float64Array> {
  const n = basis.operator.size;
  const wide = shareOf(n, 5);
  let before: readonly number[] = [];
  let isFar = false;
  for (const [index, stop] of STOPS.entries()) {
    if (isFar && index === STOPS.length - 2) continue;
    const size = stop * most;
    if (basis.size >= size && basis.size < most) continue;
    while (basis.size < size && !basis.isComplete) await basis.grow();
    // Fewer vectors than a block are left: take them along.
    if (n - basis.size < block && !basis.isComplete) await basis.grow();
    const ritz = symmetricEigenvalues(basis.matrix(), basis.size).map((value) => Math.max(0, value));
    if (basis.size >= most || basis.isComplete) return ritz;
    const sums = [1, 8, shareOf(n, 1), wide].map((k) => topSum(ritz, Math.min(k, ritz.length), 0, 0));
    const isSettled = sums.every((sum, i) => sum - (before[i] ?? 0) < (i === 3 ? SETTLED.wide : SETTLED.top) * sum);
    if (isSettled) return ritz;
    isFar = sums.some((sum, i) => sum - (before[i] ?? 0) > FAR * sum);
    before = sums;
  }
  throw new Error('the last stop is the end');
}

function shifted({ low, high }: Bracket, byLow: number, byHigh: number): Bracket {
  return bracket(low + byLow, high + byHigh);
}

function beginning({ b, diagonal, links }: Chain): Chain {
  return { b, diagonal: diagonal.slice(0, QUADRATURE_BLOCKS), links: links.slice(0, QUADRATURE_BLOCKS + 1) };
}

/** From units of the mean eigenvalue to those of the matrix, with what rounding may have done. */
function inUnits({ top, square, entropy, atoms }: ScaledSpectrum, energy: number, [m, n]: readonly [number, number]) {
  const size = Math.min(m, n);
  const sum = (k: number) => {
    const slack = ROUNDING * (top.low(k) + top.high(1));
    return { low: Math.max(0, top.low(k) - slack), high: Math.min(size, top.high(k) + slack) };
  };
  const largest = sum(1);
  const share = (k: number) => {
    const { low, high } = sum(Math.min(size, k));
    return bracket(low / size, high / size);
  };
  const stableRank = bracket(Math.max(1, size / largest.high), size / largest.low);
  const ratio = (trace: number, sign: number) => ((size * size) / trace) * (1 + sign * 4 * ROUNDING);
  const participationRatio = bracket(
    Math.max(stableRank.low, ratio(square.high, -1)),
    Math.min(size, ratio(square.low, 1)),
  );
  const rank = (trace: number, sign: number) => size * Math.exp(-trace / size) * (1 + sign * 20 * ROUNDING);
  const effectiveRank = bracket(
    Math.max(participationRatio.low, rank(entropy.high, -1)),
    Math.min(size, rank(entropy.low, 1)),
  );
  const toNull = 1 / m + 1 / n;
  const unit = energy / size;
  const metrics: FastMetrics = {
    frobeniusNorm: Math.sqrt(energy),
    spectralNorm: bracket(Math.sqrt(largest.low * unit), Math.sqrt(largest.high * unit)),
    stableRank,
    participationRatio,
    participationRatioToNull: bracket(participationRatio.low * toNull, participationRatio.high * toNull),
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

function exactly(value: number): Bracket {
  return { value, low: value, high: value };
}
