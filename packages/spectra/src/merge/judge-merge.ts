import { isQuantized, type TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { judgeQuantized } from './judge-quantized.ts';
import { MAX_RESIDUAL, type MergeJudgement, MIN_VISIBILITY } from './merge-status.ts';
import { type MergedWeight, type MergeSums, mergeSums } from './merge-sums.ts';

/** Half an ulp of 1: bfloat16 has 8 significant bits, float16 and TensorFloat-32 have 11. */
const HALF_ULP: Readonly<Record<string, number>> = { BF16: 2 ** -8, F16: 2 ** -11, F32: 2 ** -24, F64: 2 ** -53 };
const TENSOR_FLOAT = 2 ** -11;
/** Distance of the smallest numbers of float16. */
const F16_SPACING = 2 ** -24;

/** Is this weight the merge? Its entries are compared with base + update in float64, rounded to its dtype. */
export async function judgeMerge(weight: MergedWeight): Promise<MergeJudgement> {
  if (isQuantized(weight.merged)) return judgeQuantized(weight);
  const judged = await judgePlain(weight);
  if (judged.status !== 'different' || !isQuantized(weight.base)) return judged;
  for (const expandedAs of ['BF16', 'F16'] as const) {
    const other = await judgePlain({ ...weight, expandedAs });
    if (other.status !== 'different') return other;
  }
  return judged;
}

async function judgePlain(weight: MergedWeight): Promise<MergeJudgement> {
  const sums = await mergeSums(weight);
  if (![sums.residual, sums.excess, sums.excessOfBase].every(Number.isFinite)) {
    return { status: 'notFinite', residual: null, coefficient: null };
  }
  const merge = asMerge(weight, sums) ?? (await inAnotherDtype(weight, sums));
  if (merge) return merge;
  const isUnchanged = isVisible(weight, sums) && sums.change <= LIMIT * tolerance(weight, sums);
  return judgment(isUnchanged ? 'notApplied' : 'different', weight, sums);
}

/** @returns null if it is not the merge */
function asMerge(weight: MergedWeight, sums: MergeSums): MergeJudgement | null {
  // The distance from the ideal merge, as energy over the entries, beyond the rounding of that merge.
  if (!(sums.excess <= LIMIT * tolerance(weight, sums))) return null;
  return judgment(isVisible(weight, sums) ? 'applied' : 'belowRounding', weight, sums);
}

function judgment(status: MergeJudgement['status'], weight: MergedWeight, sums: MergeSums): MergeJudgement {
  return { status, residual: residualOf(weight, sums), coefficient: coefficientOf(sums) };
}

const LIMIT = MAX_RESIDUAL ** 2;

function isVisible(weight: MergedWeight, sums: MergeSums): boolean {
  return sums.excessOfBase > MIN_VISIBILITY * LIMIT * tolerance(weight, sums);
}

/**
 * Expected energy of the rounding in an honest merge:
 * - A, B and their product in the coarsest dtype of W, A and B, or in TensorFloat-32, with which GPUs multiply float32:
 *   each rounding has variance (relative half ulp)²/3.
 * - Small updates in float16, where numbers below 6·10⁻⁵ are evenly spaced.
 * - With DoRA, norms and the scaled weight in the dtype of W. An error ε of T moves the excess by about ε²; where few
 *   entries are close to a tie, one of them can move it by 2·ulp·ε.
 */
function tolerance({ merged, modules, views }: MergedWeight, sums: MergeSums): number {
  const dtypes = [merged, ...modules.flatMap(({ a, b }) => [a, b])].map(({ dtype }) => dtype);
  const size = views ? views.merged.shape[0] * views.merged.shape[1] : merged.size;
  const own = halfUlp(merged.dtype);
  const product = Math.max(TENSOR_FLOAT, ...dtypes.map(halfUlp)) ** 2;
  const hasMagnitude = modules.some(({ magnitude }) => magnitude !== null);
  const scales = modules.reduce((sum, { scale }) => sum + 1 + scale ** 2, 0);
  const subnormal = dtypes.includes('F16') ? (size * scales * F16_SPACING ** 2) / 12 : 0;
  /** ε² of all entries together. */
  const squared =
    ROUNDINGS * product * (sums.factors + sums.update) +
    subnormal +
    (hasMagnitude ? DORA_ROUNDINGS * own ** 2 * sums.target : 0);
  return squared + 2 * own * sums.largest * Math.sqrt(squared / size);
}

/** Variances (relative half ulp)²/3 of two roundings of full relative size: A and B, the product and its scaling. */
const ROUNDINGS = 2 / 3;
/** DoRA adds four: the sum, its norm (the same for a whole row), the quotient and the product with it. */
const DORA_ROUNDINGS = 4 / 3;

function halfUlp(dtype: string): number {
  const known = HALF_ULP[dtype];
  if (known === undefined) throw new Error(`${dtype} is not a floating-point dtype`);
  return known;
}

function residualOf(weight: MergedWeight, sums: MergeSums): number | null {
  const expected = sums.rounding + tolerance(weight, sums);
  return expected > 0 ? Math.sqrt(sums.residual / expected) : null;
}

function coefficientOf({ alongUpdate, expectedAlongUpdate, update }: MergeSums): number | null {
  // If even the ideal merge keeps nothing of the update, compare with the update itself.
  const whole = expectedAlongUpdate > 0 ? expectedAlongUpdate : update;
  return whole > 0 ? alongUpdate / whole : null;
}

/** Is it a merge into a base that was rounded first, or one made in 16 bits and stored in a wider dtype? */
async function inAnotherDtype(weight: MergedWeight, { baseRounding }: MergeSums): Promise<MergeJudgement | null> {
  const own = weight.merged.dtype;
  const grids = [...(baseRounding > 0 ? [own] : []), ...(COARSER[own] ?? [])];
  for (const grid of grids) {
    const sums = await mergeSums(weight, { grid, roundsBase: true });
    if (sums.offGrid > 0) continue;
    const merge = asMerge({ ...weight, merged: { ...weight.merged, dtype: grid } }, sums);
    if (merge) return merge;
  }
  return null;
}

const COARSER: Readonly<Record<string, readonly string[]>> = {
  F64: ['F32', 'BF16', 'F16'],
  F32: ['BF16', 'F16'],
  F16: ['BF16'],
};

export function isMergeJudged(entry: TensorEntry): boolean {
  return isQuantized(entry) || Object.hasOwn(HALF_ULP, entry.dtype);
}
