import type { Bracket } from '../../../src/spectra/fast/bracket.ts';
import type { FastMetrics } from '../../../src/spectra/fast/fast-spectrum.ts';
import type { ExactMetrics } from '../../../src/spectra/metrics-schema.ts';

type Pairs = ReadonlyArray<readonly [name: string, bracket: Bracket, truth: number]>;

/** What is bracketed, beside what it is in truth. */
export function pairsOf(metrics: FastMetrics, truth: ExactMetrics): Pairs {
  return [
    ['spectralNorm', metrics.spectralNorm, truth.spectralNorm],
    ['stableRank', metrics.stableRank, truth.stableRank],
    ['participationRatio', metrics.participationRatio, truth.participationRatio],
    ['participationRatioToNull', metrics.participationRatioToNull, truth.participationRatioToNull],
    ['effectiveRank', metrics.effectiveRank, truth.effectiveRank],
    ...(['1', '8', '1%', '5%'] as const).map(
      (k) => [`topEnergy ${k}`, metrics.topEnergy[k], truth.topEnergy[k]] as const,
    ),
  ];
}

/** Storing a matrix in float32 moves its singular values by this much. */
export const STORING = 2e-7;

/** Brackets that the truth lies outside of, or that are no brackets. */
export function wrong(metrics: FastMetrics, truth: ExactMetrics, tolerance = 0): string[] {
  return pairsOf(metrics, truth)
    .filter(([, { low, value, high }, exact]) => {
      const slack = tolerance * exact;
      return !(low - slack <= exact && exact <= high + slack && low <= value && value <= high);
    })
    .map(([name, { low, high }, exact]) => `${name}: ${exact} is not in [${low}, ${high}]`);
}
