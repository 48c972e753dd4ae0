import { groupBy } from '../../platform/group-by.ts';
import type { Policy } from '../../policy/policy.ts';
import { median, robustZ } from '../../statistics/descriptive.ts';
import type { Reason } from '../finding.ts';
import type { WeightPair } from '../metric-pair.ts';
import { short } from './policy-rules.ts';

/** A z-score within fewer matrices than this says nothing. */
const MIN_GROUP = 4;

/**
 * The smallest spread of the log-odds that is taken seriously (odds within about 10 % of each other are alike): layers
 * that agree to a hair would otherwise make an outlier of the least difference.
 */
const MIN_SPREAD = 0.1;

/** A spike that the baseline does not have also has odds higher by this share: a layer may sit just below the limit. */
const MIN_RISE = 0.25;

/**
 * How far the odds may rise over the baseline's: of a matrix where there are too few of its type for a z-score, and of
 * the median of a type, since a z-score is blind to what most of its group do.
 */
const MAX_ODDS_RATIO = 2;

/**
 * Matrices of W whose first singular value stands out in their module type: robust z of the log-odds of the top-1 energy
 * (a share saturates at 1, its odds do not). Against a baseline either the value stands out and did not before, or its
 * rise does: healthy models have layers that stand out.
 */
export function findSpikes(policy: Policy, weights: readonly WeightPair[]): Reason[] {
  return [...groupBy(weights, ({ group }) => group).values()].flatMap((group) =>
    group.length < MIN_GROUP ? risesInSmallGroup(policy, group) : outliers(policy, group),
  );
}

function outliers(policy: Policy, group: readonly WeightPair[]): Reason[] {
  const limit = policy.spike['robust-z'];
  const levels = scores(group.map(({ candidate }) => logOdds(candidate.topEnergy)));
  const paired = group.every(({ baseline }) => baseline !== null);
  const before = scores(group.map(({ baseline }) => logOdds(baseline?.topEnergy ?? 0)));
  const rises = scores(group.map(riseOf));
  const common = median(group.map(riseOf)) ?? 0;
  const together = common > Math.log(MAX_ODDS_RATIO) ? [groupSpike(policy, group, Math.exp(common))] : [];
  const alone = group.flatMap((weight, i) => {
    const [level, was, rise] = [levels[i] ?? 0, before[i] ?? 0, rises[i] ?? 0];
    const isHigher = riseOf(weight) > Math.log1p(MIN_RISE);
    const standsOut = level > limit && (!paired || (was <= limit && isHigher));
    const roseAlone = paired && rise > limit && isHigher;
    if (!standsOut && !roseAlone) return [];
    const what = standsOut ? `robust z ${short(level)}` : `robust z ${short(rise)} of its rise`;
    return [spike(policy, weight, { robustZ: limit }, `${what} within ${weight.group}, allowed ${limit}`)];
  });
  return [...together, ...alone];
}

/** Most matrices of a type rose together. */
function groupSpike(policy: Policy, group: readonly WeightPair[], ratio: number): Reason {
  const share = (side: 'candidate' | 'baseline') => median(group.map((weight) => weight[side]?.topEnergy ?? 0));
  const [candidate, baseline] = [share('candidate'), share('baseline')];
  const place = group[0]?.group ?? '';
  return {
    level: policy.spike.level,
    rule: 'spike',
    metric: 'topEnergy.1',
    of: 'weight',
    place,
    candidate,
    baseline,
    tolerance: { oddsRatio: MAX_ODDS_RATIO },
    message: `${place}: the first singular values hold ${short(candidate ?? 0)} of the energy (median), ${short(baseline ?? 0)} in the baseline: ${short(ratio)} times the odds, allowed ${MAX_ODDS_RATIO}`,
  };
}

function risesInSmallGroup(policy: Policy, group: readonly WeightPair[]): Reason[] {
  return group.flatMap((weight) => {
    const ratio = Math.exp(riseOf(weight));
    if (!(ratio > MAX_ODDS_RATIO)) return [];
    const what = `${short(ratio)} times the odds, allowed ${MAX_ODDS_RATIO}`;
    return [spike(policy, weight, { oddsRatio: MAX_ODDS_RATIO }, what)];
  });
}

/** Rise of the log-odds over the baseline; 0 without one. */
function riseOf({ candidate, baseline }: WeightPair): number {
  return baseline ? logOdds(candidate.topEnergy) - logOdds(baseline.topEnergy) : 0;
}

function scores(values: readonly number[]): number[] {
  return robustZ(values, MIN_SPREAD);
}

/** Shares of 0 (a matrix of zeros) and 1 (of rank one) stay finite. */
function logOdds(share: number): number {
  const bounded = Math.min(Math.max(share, 1e-12), 1 - 1e-12);
  return Math.log(bounded / (1 - bounded));
}

function spike(
  policy: Policy,
  { name, candidate, baseline }: WeightPair,
  tolerance: Record<string, number>,
  what: string,
): Reason {
  const was = baseline ? `, ${short(baseline.topEnergy)} in the baseline` : '';
  return {
    level: policy.spike.level,
    rule: 'spike',
    metric: 'topEnergy.1',
    of: 'weight',
    place: name,
    candidate: candidate.topEnergy,
    baseline: baseline?.topEnergy ?? null,
    tolerance,
    message: `${name}: its first singular value holds ${short(candidate.topEnergy)} of its energy${was}: ${what}`,
  };
}
