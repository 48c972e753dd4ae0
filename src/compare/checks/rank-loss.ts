import type { ComparisonContext } from '../context.ts';
import type { Finding, FindingOf } from '../finding.ts';
import type { WeightPair } from '../spectra/metric-pair.ts';

/**
 * Matrices with rank loss: fewer directions are left above the rounding of the dtype than the baseline had above 10⁻²
 * σ₁, so at least the difference is gone. Weaker directions come and go with weight decay and the seed. Without a
 * baseline: matrices of zeros. Rows of embeddings that went to zero take directions with them, which nothing that was
 * trained on misses. The rounding of a quantized format hides strong directions as well: then only those of the
 * baseline count that it cannot hide.
 */
export function rankLossCheck({ policy, weights, candidate: { tensors } }: ComparisonContext): Finding[] {
  const { level } = policy['rank-loss'];
  const lost = weights.flatMap((weight): Finding[] => {
    const [left, needed] = [directionsLeft(weight), isHidden(weight) ? notHidden(weight) : directionsNeeded(weight)];
    if (left === null || needed === null || left + newZeroRows(weight) + fadedByChance(weight) >= needed) return [];
    const baseline = weight.baseline && needed;
    return [{ kind: 'rank-loss', level, tensor: weight.name, candidate: left, baseline }];
  });
  const remarks = zeroRows(weights);
  if (level === 'info') return [...lost, ...remarks];
  // Silence would be taken for proof that no rank was lost.
  const fast = tensors.filter(({ of, method }) => of === 'weight' && method !== 'exact').map(({ name }) => name);
  return [...lost, ...notChecked(weights, fast), ...remarks];
}

/** Null where it was not measured. */
function directionsLeft({ candidate: { ranks } }: WeightPair): number | null {
  return ranks.aboveRounding;
}

/**
 * In 16 bits, a direction may fall below the rounding and still be there. In a small square matrix, the smallest σ is
 * there by chance, so one such direction is no loss.
 */
function fadedByChance({ candidate: { ranks } }: WeightPair): number {
  if (ranks.any === null || ranks.aboveRounding === null) return 0;
  return Math.min(1, ranks.any - ranks.aboveRounding);
}

/** Without a baseline, any matrix has a direction. Null where the baseline does not tell. */
function directionsNeeded({ baseline }: WeightPair): number | null {
  return baseline ? baseline.ranks.strong : 1;
}

/** Does the rounding of the candidate's format hide directions that would count? In 16 bits, it does not. */
function isHidden({ candidate: { ranks, rounding }, baseline }: WeightPair): boolean {
  return baseline !== null && ranks.aboveRounding !== null && rounding?.hides === true;
}

/**
 * Times the rounding: adding a matrix of norm n moves σ by n at most (Weyl), and what is then above n is counted as
 * left.
 */
const NEVER_HIDDEN = 2;

/**
 * Lower bound of the directions of the baseline that the candidate's rounding cannot hide: a profile has σ at some
 * ranks only.
 */
function notHidden({ candidate: { rounding }, baseline }: WeightPair): number {
  if (rounding === null) return 0;
  const [last] = baseline?.profile.filter(({ sigma }) => sigma > NEVER_HIDDEN * rounding.sigma).slice(-1) ?? [];
  return last === undefined ? 0 : last.rank + 1;
}

/** Only of embeddings, of tokens as of positions: each of their rows is used by inputs of its own. */
function newZeroRows({ module, candidate, baseline }: WeightPair): number {
  if (module !== 'embed' || !baseline || candidate.zeroRows === null || baseline.zeroRows === null) return 0;
  return Math.max(0, candidate.zeroRows - baseline.zeroRows);
}

/** Rows of embeddings that went to zero are named, and not judged. */
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

/** An unknown rank is not even a remark if the baseline has one to lose. */
function notChecked(weights: readonly WeightPair[], fast: readonly string[]): Finding[] {
  const unknown = weights.filter(isUnknown);
  const unmeasured = unknown.filter(({ candidate }) => candidate.ranks.any === null).map(({ name }) => name);
  const older = unknown.filter(({ candidate }) => candidate.ranks.any !== null).map(({ name }) => name);
  const remarked = unknown.length > 0 ? [] : fast;
  const hidden = weights.filter(isHidden).map(({ name }) => name);
  const finding = (
    level: Finding['level'],
    cause: FindingOf<'rank-not-checked'>['cause'],
    names: readonly string[],
  ) => {
    const [example] = names;
    return example === undefined
      ? []
      : [{ kind: 'rank-not-checked', level, cause, example, matrices: names.length } as const];
  };
  return [
    ...finding('inconclusive', 'fast', unmeasured),
    ...finding('inconclusive', 'older-version', older),
    ...finding('info', 'fast', remarked),
    ...finding('info', 'format', hidden),
  ];
}

/** Has the baseline a rank, and is it not known whether the candidate has lost any of it? */
function isUnknown({ candidate, baseline }: WeightPair): boolean {
  if (!baseline || baseline.ranks.any === null) return false;
  if (candidate.ranks.any === null) return true;
  if (candidate.ranks.aboveRounding !== null && baseline.ranks.strong !== null) return false;
  // A file of version 0.2 has one rank alone: none was lost if as many directions are left as the other side has at
  // all.
  return (candidate.ranks.aboveRounding ?? 0) < baseline.ranks.any;
}
