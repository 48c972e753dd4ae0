import { given } from '@shadow-gate/platform';
import { increasing, type MaybeBounded } from '@shadow-gate/spectra/bounded';

/** Shares are stored with ten digits: log-odds of more than 20.7, infinite for an update of rank one, are not known. */
const LEAST_REST = 1e-9;
export const MAX_LOG_ODDS = Math.log((1 - LEAST_REST) / LEAST_REST);

/**
 * Metrics on a scale with room where those of a low-rank update have none: `topEnergyLogOdds`, ln(p₁ / (1 − p₁)) with
 * the top-1 energy p₁, and `effectiveRankExcess`, effective rank − 1. Derived at comparison, so that every baseline has
 * them; for a module type, from its summary.
 */
export function withDerived(metrics: Readonly<Record<string, MaybeBounded>>): Record<string, MaybeBounded> {
  return {
    ...metrics,
    ...given({
      topEnergyLogOdds: derive(metrics['topEnergy.1'], logOddsOf),
      effectiveRankExcess: derive(metrics.effectiveRank, (rank) => Math.max(0, rank - 1)),
    }),
  };
}

function derive(metric: MaybeBounded | undefined, from: (value: number) => number): MaybeBounded | undefined {
  return metric === undefined
    ? undefined
    : (increasing([metric], (values) => values.map(from)[0] ?? null) ?? undefined);
}

function logOddsOf(share: number): number {
  const bounded = Math.min(Math.max(share, LEAST_REST), 1 - LEAST_REST);
  return Math.log(bounded / (1 - bounded));
}
