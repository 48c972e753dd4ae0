import { hasComparableMatrices } from '@shadow-gate/checkpoints/naming';
import { at, groupBy } from '@shadow-gate/platform';
import type { Policy } from '../../policy/policy.ts';
import { median, robustZ } from '../../statistics/index.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding, FindingOf } from '../finding.ts';
import type { WeightPair } from '../spectra/metric-pair.ts';

/** A z-score among fewer matrices than this means nothing. */
const MIN_GROUP = 4;

/**
 * The smallest spread of the log-odds that is taken seriously (odds within about 10% of each other are alike): layers
 * that agree to a hair would otherwise make an outlier of the least difference.
 */
const MIN_SPREAD = 0.1;

/** A spike that the baseline does not have also has odds higher by this share: a layer may sit just below the limit. */
const MIN_RISE = 0.25;

/** Limit of the rise of a type's median odds over the baseline's: a z-score does not see what most of its group do. */
const MAX_GROUP_RATIO = 2;

/**
 * The same limit for a matrix with too few of its type for a z-score. Healthy runs that differ by seed alone reach 2.2.
 */
const MAX_ODDS_RATIO = 4;

/** A matrix of one or two rows or columns has a top-1 energy of 1, or of at least one half, by its shape alone. */
const MIN_SIDE = 3;

/** The odds of a spike are higher than those of a random matrix of its shape by this factor. */
const MIN_ODDS_TO_NULL = 2;

/**
 * The share from which a matrix is a spike without a baseline: more than everything else in it together. Up to 0.25 is
 * usual in an untouched model whose other layers have 0.03 (docs/lab-notes/decisions/003-spikes-and-rank.md).
 */
const SHARE_ALONE = 0.5;

/**
 * Matrices of W whose first singular value stands out in their module type: robust z of the log-odds of the top-1
 * energy (a share saturates at 1, its odds do not). Against a baseline either the value stands out and did not before,
 * or its rise does: healthy models have layers that stand out. Whatever the others do, its first direction has gained a
 * share of its energy that counts: odds double from 0.7% to 1.4%, and from 99.7% to 99.9%.
 */
export function spikesCheck({ policy, weights }: ComparisonContext): Finding[] {
  const isLarge = (weight: WeightPair) => isLargeIn(policy, weight);
  return [...groupBy(weights, ({ group }) => group).values()].flatMap((group) =>
    group.length < MIN_GROUP ? risesInSmallGroup(policy, group, isLarge) : outliers(policy, group, isLarge),
  );
}

/** Is the share of the first direction large, whatever others of its type have? Otherwise nothing is a spike. */
export function isLargeIn({ spike: { share } }: Policy, weight: WeightPair): boolean {
  return isAboveNull(weight) && gainOf(weight) >= (weight.baseline ? share : SHARE_ALONE);
}

/** How much of the energy the first direction has that it did not have in the baseline. */
function gainOf({ candidate, baseline }: WeightPair): number {
  return candidate.topEnergy - (baseline?.topEnergy ?? 0);
}

type IsLarge = (weight: WeightPair) => boolean;

/**
 * Has the first direction more than it has in a random matrix of this shape? There σ₁ is about s·(√m + √n) for entries
 * of standard deviation s (Marchenko & Pastur 1967; Geman 1980), so its share is (1/√m + 1/√n)².
 */
function isAboveNull({ shape: [m, n], candidate }: WeightPair): boolean {
  if (Math.min(m, n) < MIN_SIDE) return false;
  const random = (1 / Math.sqrt(m) + 1 / Math.sqrt(n)) ** 2;
  return logOdds(candidate.topEnergy) > logOdds(random) + Math.log(MIN_ODDS_TO_NULL);
}

function outliers(policy: Policy, group: readonly WeightPair[], isLarge: IsLarge): Finding[] {
  const limit = policy.spike['robust-z'];
  const levels = scores(group.map(({ candidate }) => logOdds(candidate.topEnergy)));
  const paired = group.every(({ baseline }) => baseline !== null);
  const before = scores(group.map(({ baseline }) => logOdds(baseline?.topEnergy ?? 0)));
  const rises = scores(group.map(riseOf));
  const common = median(group.map(riseOf)) ?? 0;
  const isCommon = common > Math.log(MAX_GROUP_RATIO) && 2 * group.filter(isLarge).length > group.length;
  const together = isCommon ? [groupSpike(policy, group, Math.exp(common))] : [];
  const alone = group.flatMap((weight, i): Finding[] => {
    // Without a baseline, the others of the type are the only measure.
    if (!isLarge(weight) || !(paired || hasComparableMatrices(weight.module))) return [];
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
    limit: MAX_GROUP_RATIO,
  };
}

function risesInSmallGroup(policy: Policy, group: readonly WeightPair[], isLarge: IsLarge): Finding[] {
  return group.flatMap((weight) => {
    const oddsRatio = Math.exp(riseOf(weight));
    return oddsRatio > MAX_ODDS_RATIO && isLarge(weight)
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

/** Rise of the log-odds over the baseline; 0 without one, and over a matrix of zeros, which has no first direction. */
function riseOf({ candidate, baseline }: WeightPair): number {
  return baseline && baseline.topEnergy > 0 ? logOdds(candidate.topEnergy) - logOdds(baseline.topEnergy) : 0;
}

function scores(values: readonly number[]): number[] {
  return robustZ(values, MIN_SPREAD);
}

/** Shares of 0 (a matrix of zeros) and 1 (of rank one) stay finite. */
function logOdds(share: number): number {
  const bounded = Math.min(Math.max(share, 1e-12), 1 - 1e-12);
  return Math.log(bounded / (1 - bounded));
}
