// The screen of a matrix A: bounds from a few products, as certain as those of a fast spectrum, and wider. The norm is
// exact, the largest singular value has narrow bounds, and all other bounds follow from the two. If they are enough to
// judge a matrix, its full spectrum is not computed.
import { at } from '@shadow-gate/platform';
import { bounded } from '../bounded.ts';
import { matrixCost } from '../cost.ts';
import { addSums, matrixEnergies } from '../energies.ts';
import { ROUNDING } from '../fast/effort.ts';
import { type FastOptions, fastMetrics } from '../fast/fast-spectrum.ts';
import { gaussian } from '../fast/gaussian.ts';
import { kyFanBounds, ritzProjection } from '../fast/ky-fan-bounds.ts';
import { LanczosBasis } from '../fast/lanczos-basis.ts';
import { type BlockLanczos, largestEigenvalueBound } from '../fast/largest-eigenvalue-bound.ts';
import { Operator } from '../fast/operator.ts';
import { probeComplement } from '../fast/probe-vectors.ts';
import { xLogX } from '../fast/trace-estimates.ts';
import type { Job } from '../jobs.ts';
import type { MatrixSource } from '../load-matrix.ts';
import { EXACT_ONLY } from '../metrics-schema.ts';
import type { Spectrum } from '../spectrum.ts';

/** Stream of the generator: none of a fast spectrum. */
const STREAM = 101;

/** Vectors of a block: more make it less probable that all of them miss a direction. */
const BLOCK = 16;

/** Most products of a block with S. */
const MOST_BLOCKS = 8;

/** Sufficient width of the bounds of the largest eigenvalue: relative to it, or as a share of the energy. */
const ENOUGH = { relative: 0.05, share: 2e-3 } as const;

/** With fewer directions, a Krylov basis spans many of them, and the full spectrum takes no time. */
const LEAST_SIZE = 4 * BLOCK * MOST_BLOCKS;

/**
 * The screen of a matrix, or of matrix − reference; null if it is small, zero or not finite, or nothing is certain.
 * Same input, same numbers. A bound fails with the probability of `largestEigenvalueBound`.
 */
export async function screenSpectrum(
  matrix: MatrixSource,
  options: Omit<FastOptions, 'effort' | 'isExplicit'>,
): Promise<Spectrum | null> {
  const { device, reference = null, wantRowGini = false } = options;
  if (!isScreenable(matrix.view.shape)) return null;
  const energies = await matrixEnergies(matrix, { device, reference, wantRowEnergies: wantRowGini });
  const { energy } = energies;
  if (!(energy > 0 && Number.isFinite(energy))) return null;
  const operator = await Operator.open(matrix, { device, reference, energy, gram: null, isForFew: true });
  try {
    const spectrum = await screenOperator(operator);
    if (spectrum === null) return null;
    const metrics = fastMetrics(spectrum, { energy, error: operator.error, shape: matrix.view.shape });
    addSums(metrics, energies);
    return {
      singularValues: new Float64Array(),
      profile: [],
      metrics: { ...metrics, ...EXACT_ONLY },
      finite: true,
      accumulation: 'float32',
      method: 'screened',
    };
  } finally {
    await operator.release();
  }
}

/** A screen in place of a fast spectrum; any other job stays, since exact ones are small or were asked for. */
export function asScreened(job: Job): Job {
  if (job.kind === 'lora' || job.kind === 'dora' || job.method !== 'fast') return job;
  const { shape } = job.matrix.view;
  return isScreenable(shape) ? { ...job, method: 'screened', cost: matrixCost(shape, 'screened') } : job;
}

function isScreenable(shape: readonly [number, number]): boolean {
  return Math.min(...shape) >= LEAST_SIZE;
}

/** Bounds of S, scaled to Tr S = n, from one block Lanczos process. */
async function screenOperator(operator: Operator): Promise<Parameters<typeof fastMetrics>[0] | null> {
  const n = operator.size;
  const basis = new LanczosBasis(operator, BLOCK * MOST_BLOCKS);
  const enough = (soFar: BlockLanczos) => isEnough(basis, soFar);
  const process = await probeComplement(basis, gaussian(STREAM, BLOCK * n), MOST_BLOCKS, enough);
  const projection = ritzProjection(basis, BLOCK);
  const [largest = 0] = projection.ritz;
  const rounding = ROUNDING * largest;
  const upperBound = Math.min(n, largestEigenvalueBound(process, n) + rounding);
  if (!(largest > 0 && upperBound >= largest)) return null;
  const top = kyFanBounds(projection, upperBound);
  const inside = projection.ritz.reduce((sum, value) => sum + value, 0);
  const left = n - projection.ritz.length;
  const average = Math.max(0, n - inside) / left;
  const least = (f: (x: number) => number) =>
    projection.ritz.reduce((sum, value) => sum + f(value), 0) + left * f(average);
  const squares = least((x) => x * x);
  // Convex functions are least if the rest is even (Ky Fan, Schur), and most if every eigenvalue is 0 or the bound.
  return {
    top,
    square: bounded(squares, n * upperBound),
    entropy: bounded(least(xLogX), n * Math.log(upperBound)),
  };
}

function isEnough(basis: LanczosBasis, process: BlockLanczos): boolean {
  if (process.diagonal.length < 2) return false;
  const largest = at(ritzProjection(basis, BLOCK).ritz, 0);
  const n = basis.operator.size;
  return largestEigenvalueBound(process, n) - largest < Math.max(ENOUGH.relative * largest, ENOUGH.share * n);
}
