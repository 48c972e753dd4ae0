/**
 * - `applied`: W is W₀ + s·BA up to rounding.
 * - `belowRounding`: so it is, and so is W₀: the update is lost in the rounding of the dtype, or is zero.
 * - `notApplied`: W is W₀.
 * - `different`: none of these.
 * - `notFinite`: NaN or Inf in W, W₀, A or B.
 */
export const MERGE_STATUSES = ['applied', 'belowRounding', 'notApplied', 'different', 'notFinite'] as const;
type MergeStatus = (typeof MERGE_STATUSES)[number];

/**
 * Largest r of a merge. The rounding of an ideal merge is computed, not estimated: what is left for the limit is that
 * tools round the update in different ways. Merges of PEFT in bf16, f16 and f32 reach 1.1 (docs/how-to/merge.md).
 */
export const MAX_RESIDUAL = 2;

/** An update is visible if leaving it out would be at least this many times the energy that is tolerated. */
export const MIN_VISIBILITY = 2;

export interface MergeJudgement {
  readonly status: MergeStatus;
  /** r = ‖W − (W₀ + s·BA)‖ ÷ the expected rounding; null where that is zero. */
  readonly residual: number | null;
  /** Least squares: how often the update is in W − W₀, relative to a merge that was rounded; null for a zero update. */
  readonly coefficient: number | null;
}
