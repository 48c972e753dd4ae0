import { at } from '../../platform/at.ts';
import { groupBy } from '../../platform/group-by.ts';
import type { Policy } from '../../policy/policy.ts';
import { median, robustZ } from '../../statistics/descriptive.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding, FindingOf } from '../finding.ts';
import type { WeightPair } from '../metric-pair.ts';

/** A z-score among fewer matrices than this means nothing. */
const MIN_GROUP = 4;

/**
 * The smallest spread of the log-odds that is taken seriously (odds within about 10% of each other are alike): layers
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
export function spikes({ policy, weights }: ComparisonContext): Finding[] {
  return [...groupBy(weights, ({ group }) => group).values()].flatMap((group) =>
    group.length < MIN_GROUP ? risesInSmallGroup(policy, group) : outliers(policy, group),
  );
}

function outliers(policy: Policy, group: readonly WeightPair[]): Finding[] {
  const limit = policy.spike['robust-z'];
  const levels = scores(group.map(({ candidate }) => logOdds(candidate.topEnergy)));
  const paired = group.every(({ baseline }) => baseline !== null);
  const before = scores(group.map(({ baseline }) => logOdds(baseline?.topEnergy ?? 0)));
  const rises = scores(group.map(riseOf));
  const common = median(group.map(riseOf)) ?? 0;
  const together = common > Math.log(MAX_ODDS_RATIO) ? [groupSpike(policy, group, Math.exp(common))] : [];
  const alone = group.flatMap((weight, i): Finding[] => {
    const [level, was, rise] = [at(levels, i), at(before, i), at(rises, i)];
    const isHigher = riseOf(weight) > Math.log1p(MIN_RISE);
    const standsOut = level > limit && (!paired || (was <= limit && isHigher));
    const roseAlone = paired && rise > limit && isHigher;
    if (!standsOut && !roseAlone) return [];
    return [
      spike(
        policy,
        weight,
        standsOut ? { test: 'level', robustZ: level, limit } : { test: 'rise', robustZ: rise, limit },
      ),
    ];
  });
  return [...together, ...alone];
}

/** Most matrices of a type rose together. */
function groupSpike(policy: Policy, group: readonly WeightPair[], oddsRatio: number): Finding {
  const share = (side: 'candidate' | 'baseline') => median(group.map((weight) => weight[side]?.topEnergy ?? 0));
  return {
    kind: 'group-spike',
    level: policy.spike.level,
    group: at(group, 0).group,
    candidate: share('candidate'),
    baseline: share('baseline'),
    oddsRatio,
    limit: MAX_ODDS_RATIO,
  };
}

function risesInSmallGroup(policy: Policy, group: readonly WeightPair[]): Finding[] {
  return group.flatMap((weight) => {
    const oddsRatio = Math.exp(riseOf(weight));
    return oddsRatio > MAX_ODDS_RATIO
      ? [spike(policy, weight, { test: 'odds', oddsRatio, limit: MAX_ODDS_RATIO })]
      : [];
  });
}

function spike(
  policy: Policy,
  { name, group, candidate, baseline }: WeightPair,
  evidence: FindingOf<'spike'>['evidence'],
): Finding {
  return {
    kind: 'spike',
    level: policy.spike.level,
    tensor: name,
    group,
    candidate: candidate.topEnergy,
    baseline: baseline?.topEnergy ?? null,
    evidence,
  };
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
