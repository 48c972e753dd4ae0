/**
 * - `applied`: W is W₀ + s·BA up to rounding.
 * - `belowRounding`: W and W₀ both are: the update is zero, or lost in the rounding of the dtype.
 * - `notApplied`: W is W₀.
 * - `different`: none of these.
 * - `notFinite`: NaN or Inf in W, W₀, A or B.
 */
export const MERGE_STATUSES = ['applied', 'belowRounding', 'notApplied', 'different', 'notFinite'] as const;
type MergeStatus = (typeof MERGE_STATUSES)[number];

/**
 * Largest r of a merge. The rounding of an ideal merge is computed, so the limit only allows for tools that round the
 * update differently. Merges of PEFT in bf16, f16 and f32 reach 1.1 (docs/how-to/merge.md).
 */
export const MAX_RESIDUAL = 2;

/** An update is visible if leaving it out has at least this many times the tolerated energy. */
export const MIN_VISIBILITY = 2;

export interface MergeJudgement {
  readonly status: MergeStatus;
  /** r = ‖W − (W₀ + s·BA)‖ ÷ the expected rounding; null where that is zero. */
  readonly residual: number | null;
  /** Least squares: how often the update is in W − W₀, relative to a merge that was rounded; null for a zero update. */
  readonly coefficient: number | null;
}
