import type { ExactMetrics, FastMetrics } from '../../../src/spectra/metrics-schema.ts';
import type { Bounded } from '../../../src/statistics/bounded.ts';

/** Storing a matrix in float32 moves its singular values by this much. */
export const STORING = 2e-7;

type Named<T> = ReadonlyArray<readonly [name: string, value: T]>;

/** All metrics that are brackets where the spectrum is fast, by name, of a fast one or an exact one. */
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

/** Brackets that the truth lies outside of, or that are no brackets. */
export function violations(metrics: FastMetrics, truth: ExactMetrics, tolerance = 0): string[] {
  const truths = new Map(boundedMetrics(truth));
  return boundedMetrics(metrics).flatMap(([name, { low, value, high }]) => {
    const exact = truths.get(name) ?? Number.NaN;
    const slack = tolerance * exact;
    const isRight = low - slack <= exact && exact <= high + slack && low <= value && value <= high;
    return isRight ? [] : [`${name}: ${exact} is not in [${low}, ${high}]`];
  });
}
