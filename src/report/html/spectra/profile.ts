import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { percentToCount } from '@shadow-gate/spectra/metrics';
import type { TensorMeasurement } from '../../../measure/schema/index.ts';
import { randomSpectrum } from '../../../statistics/index.ts';

/** [rank from 1, σ ÷ ‖A‖_F]. Ranks need not be whole. */
export type ProfilePoint = readonly [number, number];

type Profiled = Pick<TensorMeasurement, 'shape' | 'spectrum' | 'loraRank'> & {
  readonly metrics: Pick<NonNullable<TensorMeasurement['metrics']>, 'topEnergy' | 'rank'> | null;
};

/** Singular values below this share of σ₁ count as zero: see `spectra/metrics.ts`. */
const RANK_TOLERANCE = 1e-6;

/**
 * What a measurement knows of the singular values of a matrix, by ascending rank. σ₁ follows from the top-1 energy, the
 * others at evenly spaced ranks from the stored profile. Between the first of those, the top-k energies give the root
 * mean square of σ over a range of ranks: one point in the middle of it (on a logarithmic scale). Zeros are left out.
 */
export function profilePoints({ shape, spectrum, metrics, loraRank }: Profiled): ProfilePoint[] {
  const [first = 0] = spectrum;
  if (metrics === null || first <= 0) return [];
  const size = sizeOf(shape);
  const largest = Math.sqrt(boundedValue(metrics.topEnergy['1']));
  const stored = spectrum.map((share, i): ProfilePoint => [rankAt(i, spectrum.length, size), share * largest]);
  const nonZero = Math.min(metrics.rank ?? size, loraRank ?? size);
  const known = Object.entries(metrics.topEnergy).map(([key, value]): [number, number] => [
    Math.min(nonZero, countOf(key, size)),
    boundedValue(value),
  ]);
  const energies: Array<[number, number]> = [...known, [nonZero, 1]];
  const between = meansBetween(energies).filter(({ from, to }) => stored.every(([rank]) => rank <= from || rank > to));
  const means = between.map(({ from, to, mean }): ProfilePoint => [Math.sqrt((from + 1) * to), mean]);
  return [...stored, ...means].filter(([, sigma]) => sigma > RANK_TOLERANCE * largest).sort(([a], [b]) => a - b);
}

/** min(m, n). */
function sizeOf(shape: readonly number[]): number {
  return Math.min(...wholeMatrix(shape).shape);
}

/** The last rank at which σ can be above 0. */
export function lastRank({ shape, loraRank }: Pick<TensorMeasurement, 'shape' | 'loraRank'>): number {
  return Math.min(sizeOf(shape), loraRank ?? Number.POSITIVE_INFINITY);
}

/** The i-th of so many evenly spaced ranks, from 1: `profileRanks` of `spectra/metrics.ts`, which has them from 0. */
function rankAt(i: number, points: number, size: number): number {
  return points === 1 ? 1 : 1 + Math.round((i * (size - 1)) / (points - 1));
}

/** `8` or `5%` as a number of singular values. */
function countOf(key: string, size: number): number {
  return key.endsWith('%') ? percentToCount(size, Number.parseFloat(key)) : Math.min(size, Number(key));
}

/** Root mean square of σ ÷ ‖A‖_F over the ranks in (from, to], from the energy shares of the first ranks. */
function meansBetween(energies: ReadonlyArray<readonly [number, number]>) {
  const ascending = [...new Map(energies)].sort(([a], [b]) => a - b);
  return ascending.slice(1).map(([to, energy], i) => {
    const [from, before] = at(ascending, i);
    return { from, to, mean: Math.sqrt(Math.max(0, energy - before) / (to - from)) };
  });
}

/** Points on the curve of a random matrix: smooth to the eye on a logarithmic scale. */
const NULL_POINTS = 40;

/**
 * The same of a random matrix of this shape, whose entries are independent; of an adapter's update, of the product of
 * two, since no matrix of full rank is like it.
 */
export function nullPoints(matrix: Pick<TensorMeasurement, 'shape' | 'loraRank'>): ProfilePoint[] {
  const sigma = randomSpectrum(wholeMatrix(matrix.shape).shape, matrix.loraRank ?? null);
  const last = lastRank(matrix);
  const ranks = Array.from({ length: NULL_POINTS }, (_, i) => last ** (i / (NULL_POINTS - 1)));
  return [...new Set(ranks)].map((rank) => [rank, sigma(rank)]);
}
