import { robustZ } from '../statistics/statistics.ts';
import type { Reason, WeightObservation } from './observation.ts';
import type { Policy } from './policy.ts';
import { short } from './rules.ts';

/** Layers that agree to within this share of their median are alike, however small their spread. */
const SPREAD_FLOOR = 0.05;

/** A z-score within fewer matrices than this says nothing. */
const MIN_GROUP = 4;

/** A spike that the baseline does not have is also higher than there, by more than rounding. */
const MIN_RISE = 0.1;

/**
 * Odds of the top-1 energy against the rest, relative to the baseline's: how a spike shows where there are too few of a
 * type for a z-score, or where the matrix stood out before (healthy models have layers that do).
 */
const MIN_ODDS_RATIO = 2;

/** Matrices whose first singular value stands out by robust z within their module type, and did not in the baseline. */
export function findSpikes(policy: Policy, weights: readonly WeightObservation[]): Reason[] {
  const { level, 'robust-z': limit } = policy.spike;
  const groups = new Map<string, WeightObservation[]>();
  for (const weight of weights) groups.set(weight.group, [...(groups.get(weight.group) ?? []), weight]);
  return [...groups.values()].flatMap((group) => {
    if (group.length < MIN_GROUP) return group.flatMap((weight) => oddsSpike(weight, level));
    const scores = scoresOf(group.map(({ candidate }) => candidate.topEnergy));
    const before = scoresOf(group.map(({ baseline }) => baseline?.topEnergy ?? 0));
    return group.flatMap((weight, i) => {
      const z = scores[i] ?? 0;
      const { candidate, baseline } = weight;
      const stoodOut = (before[i] ?? 0) > limit;
      const isNew = baseline === null || (!stoodOut && candidate.topEnergy > baseline.topEnergy * (1 + MIN_RISE));
      if (z > limit && !isNew) return oddsSpike(weight, level);
      if (!(z > limit)) return [];
      const was = baseline ? `, from ${short(baseline.topEnergy)} in the baseline` : '';
      const message = `its first singular value holds ${short(candidate.topEnergy)} of its energy${was}: robust z ${short(z)} within ${weight.group}, allowed ${limit}`;
      return [spike(weight, level, { robustZ: limit, relative: MIN_RISE }, message)];
    });
  });
}

function scoresOf(topEnergies: readonly number[]): number[] {
  return robustZ(topEnergies, SPREAD_FLOOR);
}

function oddsSpike(weight: WeightObservation, level: Reason['level']): Reason[] {
  const { candidate, baseline } = weight;
  if (!baseline) return [];
  const ratio = odds(candidate.topEnergy) / odds(baseline.topEnergy);
  if (!(ratio > MIN_ODDS_RATIO)) return [];
  const message = `its first singular value holds ${short(candidate.topEnergy)} of its energy, ${short(baseline.topEnergy)} in the baseline: ${short(ratio)} times the odds, allowed ${MIN_ODDS_RATIO}`;
  return [spike(weight, level, { oddsRatio: MIN_ODDS_RATIO }, message)];
}

/** One matrix of rank 1 has nothing else: it cannot become a spike. */
function odds(share: number): number {
  return share / Math.max(1 - share, Number.EPSILON);
}

function spike(
  weight: WeightObservation,
  level: Reason['level'],
  tolerance: Record<string, number>,
  message: string,
): Reason {
  const { name, candidate, baseline } = weight;
  return {
    level,
    rule: 'spike',
    metric: 'topEnergy.1',
    place: name,
    candidate: candidate.topEnergy,
    baseline: baseline?.topEnergy ?? null,
    tolerance,
    message,
  };
}

/** Matrices that lost directions which the baseline has. Without a baseline: matrices of zeros. */
export function findRankLoss(policy: Policy, weights: readonly WeightObservation[]): Reason[] {
  return weights.flatMap(({ name, candidate, baseline }): Reason[] => {
    if (candidate.rank >= (baseline?.rank ?? 1)) return [];
    const message = baseline ? `its rank fell from ${baseline.rank} to ${candidate.rank}` : 'all its weights are zero';
    return [
      {
        level: policy['rank-loss'].level,
        rule: 'rank-loss',
        metric: 'rank',
        place: name,
        candidate: candidate.rank,
        baseline: baseline?.rank ?? null,
        tolerance: { absolute: 0 },
        message,
      },
    ];
  });
}
