// The fast spectrum of a matrix A: guaranteed bounds for every metric, from about a thousand products of S = AᵀA with
// vectors. `Operator` multiplies by S, scaled to Tr S = n; up to some size it forms S first (`explicitGram`).
// `scaledSpectrum` bounds the spectrum of S: a block Krylov basis holds the largest eigenvalues, and Ky Fan's
// inequalities bound their sums; random probe vectors bound the largest eigenvalue in the complement of the basis, and
// the traces of S² and S·ln S. This file turns those into the metrics of A.
import type { Device } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import { bounded } from '../bounded.ts';
import { addSums, matrixEnergies } from '../energies.ts';
import type { MatrixSource } from '../load-matrix.ts';
import { percentToCount, profileRanks } from '../metrics.ts';
import { EXACT_ONLY, type FastMetrics } from '../metrics-schema.ts';
import { NOT_FINITE, type Spectrum } from '../spectrum.ts';
import { EFFORT, type Effort, FEW, FEWEST, formsGram, roundingError } from './effort.ts';
import { explicitGram } from './explicit-gram.ts';
import { errorProbes, type GramError, shiftOfEntropy, shiftOfSum } from './gram-error.ts';
import { capturedShare } from './low-rank.ts';
import { Operator } from './operator.ts';
import { type ScaledSpectrum, scaledSpectrum } from './scaled-spectrum.ts';

interface FastSpectrum {
  readonly finite: boolean;
  /** Null without a spectrum: all zero, or not finite. */
  readonly metrics: FastMetrics | null;
  /** σ/σ₁ at evenly spaced ranks, from the estimated spectral density: for plots only. */
  readonly profile: number[];
}

export interface FastOptions {
  readonly device: Device;
  /** Measure ΔW = W − reference instead of W. */
  readonly reference?: MatrixSource | null | undefined;
  /** Also compute the Gini coefficient of the row energies. */
  readonly wantRowGini?: boolean | undefined;
  readonly effort?: Effort | undefined;
  /** Form S = AᵀA? By default that depends on the shape. */
  readonly isExplicit?: boolean | undefined;
}

/**
 * The spectrum of a matrix, or of matrix − reference. One kind of device and number of threads gives the same numbers.
 * `largest-eigenvalue-bound.ts` and `trace-estimates.ts` have the probabilities of wrong bounds.
 */
export async function fastSpectrum(matrix: MatrixSource, options: FastOptions): Promise<FastSpectrum> {
  const { device, reference = null, wantRowGini = false, effort = EFFORT } = options;
  const { isExplicit = formsGram(matrix.view.shape, device) } = options;
  const probes = isExplicit ? errorProbes(Math.min(...matrix.view.shape)) : null;
  const energies = await matrixEnergies(matrix, { device, reference, wantRowEnergies: wantRowGini, probes });
  const { energy, products } = energies;
  if (!Number.isFinite(energy)) return { finite: false, metrics: null, profile: [] };
  if (energy === 0) return { finite: true, metrics: null, profile: [] };
  // If there are few directions, few products with vectors are enough.
  const captured = probes && products ? capturedShare(probes, products, energy) : 0;
  const isWorthIt = probes && products && (options.isExplicit || captured < FEW);
  const gram = isWorthIt ? await explicitGram(matrix, { device, reference, energy, probes, products }) : null;
  const operator = await Operator.open(matrix, { device, reference, energy, gram, isForFew: captured > FEWEST });
  try {
    const spectrum = await scaledSpectrum(operator, effort);
    const metrics = fastMetrics(spectrum, { energy, error: operator.error, shape: matrix.view.shape });
    addSums(metrics, energies);
    return { finite: true, metrics, profile: profileOf(spectrum.atoms, operator.size) };
  } finally {
    await operator.release();
  }
}

/** The fast spectrum in the form of an exact one: metrics that need all singular values are null. */
export async function boundedSpectrum(matrix: MatrixSource, options: FastOptions): Promise<Spectrum> {
  const { finite, metrics, profile } = await fastSpectrum(matrix, options);
  const how = { accumulation: 'float32', method: 'fast' } as const;
  if (!finite) return { ...NOT_FINITE, ...how };
  const singularValues = new Float64Array();
  return { singularValues, profile, metrics: metrics && { ...metrics, ...EXACT_ONLY }, finite, ...how };
}

/** Float32 copies of the matrix alive at once: pages of the file, as read, as packed; a difference has two operands. */
const COPIES_ALIVE = { matrix: 3, difference: 5 } as const;

/** Vectors of the basis, of the probes, and of the products with them. */
const VECTORS_ALIVE = 3000;

/** Bytes that `fastSpectrum` needs at its peak for a matrix of this shape. */
export function fastMemory([m, n]: readonly [number, number], { isDifference }: { isDifference: boolean }): number {
  const copies = isDifference ? COPIES_ALIVE.difference : COPIES_ALIVE.matrix;
  return 4 * (copies * m * n + VECTORS_ALIVE * Math.min(m, n));
}

interface Scale {
  readonly energy: number;
  readonly error: GramError;
  readonly shape: readonly [number, number];
}

/** From units of the mean eigenvalue to those of the matrix, with an allowance for rounding. */
export function fastMetrics(
  { top, square, entropy }: Omit<ScaledSpectrum, 'atoms'>,
  { energy, error, shape }: Scale,
): FastMetrics {
  const [m, n] = shape;
  const size = Math.min(m, n);
  const rounding = roundingError(top.low(1) / size);
  const sum = (k: number) => {
    const slack = rounding * (top.low(k) + top.high(1)) + shiftOfSum(error, k);
    return { low: Math.max(0, top.low(k) - slack), high: Math.min(size, top.high(k) + slack) };
  };
  const largest = sum(1);
  const share = (k: number) => {
    const { low, high } = sum(Math.min(size, k));
    return bounded(low / size, high / size);
  };
  const stableRank = bounded(Math.max(1, size / largest.high), size / largest.low);
  // Tr S² = ‖S‖_F².
  const ratio = (trace: number, sign: number) =>
    (size / Math.max(Math.sqrt(trace) - sign * error.frobenius, Number.MIN_VALUE)) ** 2 * (1 + sign * 4 * rounding);
  const participationRatio = bounded(
    Math.max(stableRank.low, ratio(square.high, -1)),
    Math.min(size, ratio(square.low, 1)),
  );
  const shift = shiftOfEntropy(error, size, largest.high);
  const rank = (trace: number, sign: number) =>
    size * Math.exp((sign * shift - trace) / size) * (1 + sign * 20 * rounding);
  const effectiveRank = bounded(
    Math.max(participationRatio.low, rank(entropy.high, -1)),
    Math.min(size, rank(entropy.low, 1)),
  );
  const toNull = 1 / m + 1 / n;
  const unit = energy / size;
  return {
    frobeniusNorm: Math.sqrt(energy),
    spectralNorm: bounded(Math.sqrt(largest.low * unit), Math.sqrt(largest.high * unit)),
    stableRank,
    participationRatio,
    participationRatioToNull: bounded(participationRatio.low * toNull, participationRatio.high * toNull),
    effectiveRank,
    topEnergy: {
      '1': share(1),
      '8': share(8),
      '1%': share(percentToCount(size, 1)),
      '5%': share(percentToCount(size, 5)),
    },
  };
}

function profileOf(atoms: ScaledSpectrum['atoms'], size: number): number[] {
  const largest = at(atoms, 0).value;
  let index = 0;
  let passed = 0;
  return profileRanks(size).map((rank) => {
    while (index < atoms.length - 1 && passed + at(atoms, index).weight <= rank + 1e-9) {
      passed += at(atoms, index).weight;
      index += 1;
    }
    return Math.sqrt(Math.max(0, at(atoms, index).value) / largest);
  });
}
