import { hasComparableMatrices } from '@shadow-gate/checkpoints/naming';
import { at, groupBy } from '@shadow-gate/platform';
import type { Policy } from '../../policy/policy.ts';
import { median, robustZ } from '../../statistics/index.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';
import type { WeightPair } from '../spectra/metric-pair.ts';

/** A z-score needs at least this many matrices. */
const MIN_GROUP = 4;

/** Least spread of the log-odds (odds within 10% are alike): else layers that agree to a hair would have outliers. */
const MIN_SPREAD = 0.1;

/** Least rise of the odds over the baseline, as a share: a layer may sit just below the limit. */
const MIN_RISE = 0.25;

/** Limit of the rise of a type's median odds: a z-score does not see what most of its group do. */
const MAX_GROUP_RATIO = 2;

/** The same for a matrix with too few of its type for a z-score. Healthy runs that differ by seed alone reach 2.2. */
const MAX_ODDS_RATIO = 4;

/** Matrices of one or two rows or columns have a top-1 energy of at least one half by their shape alone. */
const MIN_SIDE = 3;

/** Least odds of a spike, as a multiple of those of a random matrix of its shape. */
const MIN_ODDS_TO_NULL = 2;

/**
 * The share of a spike without a baseline: more than everything else together. Up to 0.25 is usual in an untouched
 * model whose other layers have 0.03 (docs/lab-notes/decisions/003-spikes-and-rank.md).
 */
const SHARE_ALONE = 0.5;

/**
 * Matrices of W whose first singular value stands out in their module type: robust z of the log-odds of the top-1
 * energy, which do not saturate like shares. Against a baseline, the value stands out and did not before, or its rise
 * does: healthy models have layers that stand out. It also has to gain a share that counts: odds double from 0.7% to
 * 1.4%, and from 99.7% to 99.9%.
 */
export function spikesCheck({ policy, weights }: ComparisonContext): Finding[] {
  const isLarge = (weight: WeightPair) => isLargeIn(policy, weight);
  return [...groupBy(weights, ({ group }) => group).values()].flatMap((group) =>
    group.length < MIN_GROUP ? risesInSmallGroup(policy, group, isLarge) : outliers(policy, group, isLarge),
  );
}

export function isLargeIn({ spike: { share } }: Policy, weight: WeightPair): boolean {
  const { candidate, baseline } = weight;
  const gain = candidate.topEnergy - (baseline?.topEnergy ?? 0);
  return isAboveNull(weight) && gain >= (baseline ? share : SHARE_ALONE);
}

type IsLarge = (weight: WeightPair) => boolean;

/**
 * Does the first direction have more than in a random matrix of this shape? There σ₁ is about s·(√m + √n) for entries
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
    // Without a baseline, only the others of the type are a measure.
    if (!isLarge(weight) || !(paired || hasComparableMatrices(weight.module))) return [];
    const [level, was, rise] = [at(levels, i), at(before, i), at(rises, i)];
    const isHigher = riseOf(weight) > Math.log1p(MIN_RISE);
    const standsOut = level > limit && (!paired || (was <= limit && isHigher));
    const roseAlone = paired && rise > limit && isHigher;
    if (!standsOut && !roseAlone) return [];
    const evidence = standsOut
      ? ({ test: 'level', robustZ: level, limit } as const)
      : ({ test: 'rise', robustZ: rise, limit } as const);
    return [spike(policy, weight, evidence)];
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

function spike(policy: Policy, weight: WeightPair, evidence: FindingOf<'spike'>['evidence']): Finding {
  const { name, group, candidate, baseline } = weight;
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

/** Rise of the log-odds; 0 without a baseline, and over a matrix of zeros, which has no first direction. */
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
