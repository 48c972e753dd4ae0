import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf, Level } from '../finding.ts';
import type { WeightPair } from '../spectra/metric-pair.ts';

/**
 * Rank loss: fewer directions are left above the rounding of the dtype than the baseline had above 10⁻² σ₁, so at least
 * the difference is gone; weaker ones come and go with weight decay and seed. Without a baseline: matrices of zeros.
 * Zero rows of embeddings, which no training text misses, explain directions. If the rounding of a quantized format
 * hides strong directions, only those count that it cannot hide.
 */
export function rankLossCheck({ policy, weights, candidate: { tensors } }: ComparisonContext): Finding[] {
  const { level } = policy['rank-loss'];
  const lost = weights.flatMap((weight): Finding[] => {
    const left = weight.candidate.ranks.aboveRounding;
    const needed = isHidden(weight) ? notHidden(weight) : directionsNeeded(weight);
    if (left === null || needed === null || left + newZeroRows(weight) + fadedByChance(weight) >= needed) return [];
    const baseline = weight.baseline && needed;
    return [{ kind: 'rank-loss', level, tensor: weight.name, candidate: left, baseline }];
  });
  const remarks = zeroRows(weights);
  if (level === 'info') return [...lost, ...remarks];
  // Silence would pass for proof that no rank was lost.
  const fast = tensors.filter(({ of, method }) => of === 'weight' && method !== 'exact').map(({ name }) => name);
  return [...lost, ...notChecked(weights, fast), ...remarks];
}

/** A direction below 16-bit rounding may still be there: by chance, the smallest σ of a small square matrix. */
function fadedByChance({ candidate: { ranks } }: WeightPair): number {
  if (ranks.any === null || ranks.aboveRounding === null) return 0;
  return Math.min(1, ranks.any - ranks.aboveRounding);
}

function directionsNeeded({ baseline }: WeightPair): number | null {
  return baseline ? baseline.ranks.strong : 1;
}

/** Does the rounding of a quantized format hide directions that would count? */
function isHidden({ candidate: { ranks, rounding }, baseline }: WeightPair): boolean {
  return baseline !== null && ranks.aboveRounding !== null && rounding?.hides === true;
}

/** Times the rounding: adding a matrix of norm n moves σ by at most n (Weyl), and then counts above n. */
const NEVER_HIDDEN = 2;

/** Lower bound of the baseline's directions that the candidate's rounding cannot hide, by the profile at some ranks. */
function notHidden({ candidate: { rounding }, baseline }: WeightPair): number {
  if (rounding === null) return 0;
  const [last] = baseline?.profile.filter(({ sigma }) => sigma > NEVER_HIDDEN * rounding.sigma).slice(-1) ?? [];
  return last === undefined ? 0 : last.rank + 1;
}

/** Only of embeddings: each of their rows is used by inputs of its own. */
function newZeroRows({ module, candidate, baseline }: WeightPair): number {
  if (module !== 'embed' || !baseline || candidate.zeroRows === null || baseline.zeroRows === null) return 0;
  return Math.max(0, candidate.zeroRows - baseline.zeroRows);
}

function zeroRows(weights: readonly WeightPair[]): Finding[] {
  return weights
    .filter((weight) => newZeroRows(weight) > 0)
    .map(({ name, shape: [rows], candidate, baseline }) => ({
      kind: 'zero-rows',
      level: 'info',
      tensor: name,
      candidate: candidate.zeroRows ?? 0,
      baseline: baseline?.zeroRows ?? 0,
      rows,
    }));
}

/** An unknown rank is more than a remark if the baseline has one to lose. */
function notChecked(weights: readonly WeightPair[], fast: readonly string[]): Finding[] {
  const unknown = weights.filter(isUnknown);
  const unmeasured = unknown.filter(({ candidate }) => candidate.ranks.any === null).map(({ name }) => name);
  const older = unknown.filter(({ candidate }) => candidate.ranks.any !== null).map(({ name }) => name);
  const remarked = unknown.length > 0 ? [] : fast;
  const hidden = weights.filter(isHidden).map(({ name }) => name);
  const finding = (level: Level, cause: FindingOf<'rank-not-checked'>['cause'], names: readonly string[]) => {
    const [example] = names;
    if (example === undefined) return [];
    return [{ kind: 'rank-not-checked', level, cause, example, matrices: names.length } as const];
  };
  return [
    ...finding('inconclusive', 'fast', unmeasured),
    ...finding('inconclusive', 'older-version', older),
    ...finding('info', 'fast', remarked),
    ...finding('info', 'format', hidden),
  ];
}

function isUnknown({ candidate, baseline }: WeightPair): boolean {
  if (!baseline || baseline.ranks.any === null) return false;
  if (candidate.ranks.any === null) return true;
  if (candidate.ranks.aboveRounding !== null && baseline.ranks.strong !== null) return false;
  // Version 0.2 has one rank: none was lost if as many directions are left as the other side has at all.
  return (candidate.ranks.aboveRounding ?? 0) < baseline.ranks.any;
}
