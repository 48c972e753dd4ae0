import { type Bounded, relativeWidth } from '@shadow-gate/spectra/bounded';
import type { ExactMetrics, FastMetrics } from '@shadow-gate/spectra/metrics-schema';

/** Storing a matrix in float32 moves its singular values by this much, relative to the largest. */
export const STORING = 2e-7;

type Named<T> = ReadonlyArray<readonly [name: string, value: T]>;

/** All metrics that a fast spectrum bounds, by name, of a fast or an exact spectrum. */
export function boundedMetrics(metrics: FastMetrics): Named<Bounded>;
export function boundedMetrics(metrics: ExactMetrics): Named<number>;
export function boundedMetrics(metrics: FastMetrics | ExactMetrics): Named<Bounded | number> {
  return [
    ['spectralNorm', metrics.spectralNorm],
    ['stableRank', metrics.stableRank],
    ['participationRatio', metrics.participationRatio],
    ['participationRatioToNull', metrics.participationRatioToNull],
    ['effectiveRank', metrics.effectiveRank],
    ...(['1', '8', '1%', '5%'] as const).map((k) => [`topEnergy ${k}`, metrics.topEnergy[k]] as const),
  ];
}

/** One line for each metric whose true value is not between its bounds, or whose value is not. */
export function violations(metrics: FastMetrics, truth: ExactMetrics, tolerance = 0): string[] {
  const truths = new Map(boundedMetrics(truth));
  return boundedMetrics(metrics).flatMap(([name, { low, value, high }]) => {
    const exact = truths.get(name) ?? Number.NaN;
    const slack = tolerance * exact;
    const isRight = low - slack <= exact && exact <= high + slack && low <= value && value <= high;
    return isRight ? [] : [`${name}: ${exact} is not in [${low}, ${high}]`];
  });
}

/** The widths that a policy does not notice. */
const WIDTHS: Readonly<Record<string, number>> = {
  spectralNorm: 1e-3,
  stableRank: 1e-3,
  'topEnergy 1': 1e-3,
  'topEnergy 8': 1e-3,
  'topEnergy 1%': 1e-3,
  'topEnergy 5%': 1e-2,
  participationRatio: 1e-2,
  participationRatioToNull: 1e-2,
  effectiveRank: 1e-2,
};

/** One line for each metric whose bounds are so wide that a policy could notice. */
export function tooWide(metrics: FastMetrics): string[] {
  return boundedMetrics(metrics)
    .filter(([name, measured]) => !(relativeWidth(measured) <= (WIDTHS[name] ?? 0)))
    .map(([name, measured]) => `${name} ${relativeWidth(measured)}`);
}
