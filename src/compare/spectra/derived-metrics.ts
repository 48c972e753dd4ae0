import { increasing, type MaybeBounded } from '@shadow-gate/spectra/bounded';

/**
 * A share is stored with ten digits: of a first singular value that holds all but this much, only that is known. Its
 * log-odds, 20.7, stand for those of an update of rank one, which are infinite.
 */
const LEAST_REST = 1e-9;
export const MAX_LOG_ODDS = Math.log((1 - LEAST_REST) / LEAST_REST);

/**
 * Metrics that follow from others, on a scale with room where those of a low-rank update have none: `topEnergyLogOdds`,
 * ln(p₁ / (1 − p₁)), where the top-1 energy p₁ is close to 1, and `effectiveRankExcess`, effective rank − 1. They are
 * derived when measurements are compared, so that every baseline has them. For a module type they follow from its
 * summary.
 */
export function withDerived(metrics: Readonly<Record<string, MaybeBounded>>): Record<string, MaybeBounded> {
  const logOdds = derive(metrics['topEnergy.1'], logOddsOf);
  const excess = derive(metrics.effectiveRank, (rank) => Math.max(0, rank - 1));
  return {
    ...metrics,
    ...(logOdds === null ? {} : { topEnergyLogOdds: logOdds }),
    ...(excess === null ? {} : { effectiveRankExcess: excess }),
  };
}

function derive(metric: MaybeBounded | undefined, from: (value: number) => number): MaybeBounded | null {
  return metric === undefined ? null : increasing([metric], (values) => values.map(from)[0] ?? null);
}

function logOddsOf(share: number): number {
  const bounded = Math.min(Math.max(share, LEAST_REST), 1 - LEAST_REST);
  return Math.log(bounded / (1 - bounded));
}
