// Errors of the spectra of `npm run bench:spectra`, and how wide their bounds are.

import { at } from '@shadow-gate/platform';
import { boundedValue, lowerBound, type MaybeBounded, upperBound } from '@shadow-gate/spectra/bounded';
import type { FastMetrics, Metrics } from '@shadow-gate/spectra/metrics-schema';

/** What a fast spectrum bounds, by the names of the tables. */
type Bounds = ReturnType<typeof boundsOf>;
export type BoundName = keyof Bounds;

/** All σ that are known, largest first, and what is measured of them. */
export interface Measured {
  readonly values: Float64Array;
  /** A peer gives none. */
  readonly metrics?: Metrics | null;
}

/** The truth is known to this share of itself. */
const PRECISION = 1e-9;

/** Relative errors of σ₁ and of the energy of the top 1%, and the largest error of any σ if all are known. */
export function errors({ values, metrics }: Measured, truth: Float64Array): string[] {
  const largest = at(truth, 0);
  const energy = sumOfSquares(truth);
  const count = Math.ceil(truth.length / 100);
  const top = (sigma: Float64Array) => sumOfSquares(sigma.subarray(0, count)) / energy;
  // Exact values are taken from σ, not from the rounded metrics; fast ones are midway between their bounds.
  const [sigma1, topEnergy] =
    values.length > 0
      ? [at(values, 0), values.length < count ? null : top(values)]
      : [metrics ? boundedValue(metrics.spectralNorm) : null, metrics ? boundedValue(metrics.topEnergy['1%']) : null];
  const worst =
    values.length === truth.length
      ? Math.max(...truth.map((sigma, i) => Math.abs(sigma - at(values, i)) / largest)).toExponential(1)
      : '';
  const off = (value: number | null, right: number) =>
    value === null ? '' : Math.abs(value / right - 1).toExponential(1);
  return [off(sigma1, largest), off(topEnergy, top(truth)), worst];
}

/** The relative width of each metric's bounds, and whether the truth, if it is known, lies between them. */
export function widths(metrics: Metrics, sigma: Float64Array | null): string {
  const truths = sigma && truthsOf(sigma);
  return namedBounds(metrics)
    .map(([name, { value, low, high }]) => {
      const truth = truths?.[name] ?? value;
      return `${name} ${((high - low) / value).toExponential(0)}${holds({ low, high }, truth) ? '' : ' !'}`;
    })
    .join(', ');
}

/** Do these bounds hold? The truth is known to some share of itself. */
export function holds({ low, high }: { readonly low: number; readonly high: number }, truth: number): boolean {
  const slack = PRECISION * truth;
  return low - slack <= truth && truth <= high + slack;
}

/** All that a fast spectrum bounds. A small matrix is measured exactly whatever the method. */
export function namedBounds(metrics: Metrics | FastMetrics) {
  const entries = Object.entries(boundsOf(metrics)) as [BoundName, MaybeBounded][];
  return entries.map(([name, measured]) => {
    const bounds = { value: boundedValue(measured), low: lowerBound(measured), high: upperBound(measured) };
    return [name, bounds] as const;
  });
}

function boundsOf(metrics: Metrics | FastMetrics) {
  return {
    spectralNorm: metrics.spectralNorm,
    stableRank: metrics.stableRank,
    'top 1': metrics.topEnergy['1'],
    'top 8': metrics.topEnergy['8'],
    'top 1%': metrics.topEnergy['1%'],
    'top 5%': metrics.topEnergy['5%'],
    participationRatio: metrics.participationRatio,
    effectiveRank: metrics.effectiveRank,
  };
}

/** The same, from all singular values, largest first. */
export function truthsOf(sigma: Float64Array): Record<BoundName, number> {
  const largest = at(sigma, 0);
  const energies = sigma.map((value) => (value / largest) ** 2);
  const total = energies.reduce((sum, value) => sum + value, 0);
  const square = energies.reduce((sum, value) => sum + value * value, 0);
  const entropy = -energies.reduce(
    (sum, value) => sum + (value > 0 ? (value / total) * Math.log(value / total) : 0),
    0,
  );
  const top = (k: number) => energies.slice(0, Math.ceil(k)).reduce((sum, value) => sum + value, 0) / total;
  return {
    spectralNorm: largest,
    stableRank: total,
    'top 1': top(1),
    'top 8': top(8),
    'top 1%': top(sigma.length / 100),
    'top 5%': top(sigma.length / 20),
    participationRatio: (total * total) / square,
    effectiveRank: Math.exp(entropy),
  };
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
