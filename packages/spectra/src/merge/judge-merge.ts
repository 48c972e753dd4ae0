import type { LoraModule } from '@shadow-gate/checkpoints/adapter';
import { isQuantized, type TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { MIN_SNR } from '../rounding.ts';
import { judgeQuantized } from './judge-quantized.ts';
import { MAX_RESIDUAL, type MergeJudgement, MIN_VISIBILITY } from './merge-status.ts';
import { type MergedWeight, type MergePath, type MergeSums, mergeSums } from './merge-sums.ts';

/** Half an ulp of 1: bfloat16 has 8 significant bits, float16 and TensorFloat-32 have 11. */
const HALF_ULP: Readonly<Record<string, number>> = { BF16: 2 ** -8, F16: 2 ** -11, F32: 2 ** -24, F64: 2 ** -53 };
const TENSOR_FLOAT = 2 ** -11;
/** Between the smallest numbers of float16. */
const F16_SPACING = 2 ** -24;

/**
 * Is this weight the merge of the adapter into the base weight? The sums compare it, entry by entry, with the base plus
 * the update in float64, rounded to its dtype; a weight that is not the merge is compared with what commonly goes
 * wrong.
 * @param hint a wrong factor that was found in other weights of the same checkpoint
 */
export async function judgeMerge(weight: MergedWeight, hint: number | null = null): Promise<MergeJudgement> {
  if (isQuantized(weight.merged)) return judgeQuantized(weight);
  const judged = await judgePlain(weight, hint);
  if (judged.status !== 'different' || !isQuantized(weight.base)) return judged;
  for (const expandedAs of ['BF16', 'F16'] as const) {
    const other = await judgePlain({ ...weight, expandedAs }, hint);
    if (other.status !== 'different') return other;
  }
  return judged;
}

async function judgePlain(weight: MergedWeight, hint: number | null): Promise<MergeJudgement> {
  const sums = await mergeSums(weight);
  if (![sums.residual, sums.excess, sums.excessOfBase].every(Number.isFinite)) {
    return { status: 'notFinite', residual: null, coefficient: null };
  }
  const merge = asMerge(weight, sums) ?? (await inAnotherDtype(weight, sums));
  if (merge) return merge;
  const own = { residual: residualOf(weight, sums), coefficient: coefficientOf(sums) };
  if (!isVisible(weight, sums)) return { status: 'different', ...own };
  if (sums.change <= LIMIT * tolerance(weight, sums)) return { status: 'notApplied', ...own };
  // An explanation may be found with the base as stored, or as a tool in the narrower dtype loaded it.
  const path: MergePath = { roundsBase: sums.baseRounding > 0 };
  const seen = path.roundsBase ? await mergeSums(weight, path) : sums;
  const explained = await explain(weight, seen, { hint, path });
  return explained === null ? { status: 'different', ...own } : { ...explained, residual: own.residual };
}

/** @returns null if it is not the merge */
function asMerge(weight: MergedWeight, sums: MergeSums): MergeJudgement | null {
  if (!isMerge(weight, sums)) return null;
  return {
    status: isVisible(weight, sums) ? 'applied' : 'belowRounding',
    residual: residualOf(weight, sums),
    coefficient: coefficientOf(sums),
  };
}

const LIMIT = MAX_RESIDUAL ** 2;

/** How far W may be from the ideal merge, as energy over the entries, in excess of the rounding of the ideal merge. */
function isMerge(weight: MergedWeight, sums: MergeSums): boolean {
  return sums.excess <= LIMIT * tolerance(weight, sums);
}

function isVisible(weight: MergedWeight, sums: MergeSums): boolean {
  return sums.excessOfBase > MIN_VISIBILITY * LIMIT * tolerance(weight, sums);
}

/**
 * Expected energy of what an honest merge computes in another way than float64:
 * - A, B and their product in the coarsest dtype among those of W, A and B, and at least as coarse as TensorFloat-32,
 *   with which GPUs multiply float32: each rounding has variance (relative half ulp)²/3.
 * - Small updates in float16, whose numbers below 6·10⁻⁵ are evenly spaced.
 * - With DoRA, norms and the scaled weight in the dtype of W. An error ε of T moves the excess by about ε²; where few
 *   entries are close to a tie, one of them can move it by 2·ulp·ε.
 */
function tolerance(weight: MergedWeight, sums: MergeSums): number {
  const squared = toolError(weight, sums);
  const ulp = 2 * halfUlp(weight.merged.dtype) * sums.largest;
  return squared + ulp * Math.sqrt(squared / sizeOf(weight));
}

/** Number of entries that are compared. */
function sizeOf({ merged, views }: MergedWeight): number {
  return views ? views.merged.shape[0] * views.merged.shape[1] : merged.size;
}

/** ε² of all entries together. */
function toolError(weight: MergedWeight, sums: MergeSums): number {
  const { merged, modules } = weight;
  const dtypes = [merged, ...modules.flatMap(({ a, b }) => [a, b])].map(({ dtype }) => dtype);
  const own = halfUlp(merged.dtype);
  const product = Math.max(TENSOR_FLOAT, ...dtypes.map(halfUlp)) ** 2;
  const hasMagnitude = modules.some(({ magnitude }) => magnitude !== null);
  const scales = modules.reduce((sum, { scale }) => sum + 1 + scale ** 2, 0);
  const subnormal = dtypes.includes('F16') ? (sizeOf(weight) * scales * F16_SPACING ** 2) / 12 : 0;
  return (
    ROUNDINGS * product * (sums.factors + sums.update) +
    subnormal +
    (hasMagnitude ? DORA_ROUNDINGS * own ** 2 * sums.target : 0)
  );
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
  // Where even the ideal merge keeps nothing of the update, compare with the update itself.
  const whole = expectedAlongUpdate > 0 ? expectedAlongUpdate : update;
  return whole > 0 ? alongUpdate / whole : null;
}

/**
 * A base in a wider dtype that was rounded before it was merged; and a merge that was made in 16 bits and stored in a
 * wider dtype, whose numbers are then all those of the narrower one.
 */
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

/** Compare W with what goes wrong most often. */
async function explain(
  weight: MergedWeight,
  sums: MergeSums,
  { hint, path }: { readonly hint: number | null; readonly path: MergePath },
): Promise<Pick<MergeJudgement, 'status' | 'coefficient'> | null> {
  const start = coefficientOf(sums) ?? 0;
  if (Math.abs(start) < SMALLEST_FACTOR) return null;
  const times = await timesMerged(weight, start, path);
  if (times !== null) return { status: 'wrongFactor', coefficient: times };
  if (weight.modules.some(({ magnitude }) => magnitude !== null)) {
    const plain = { ...weight, modules: withoutMagnitudes(weight.modules) };
    if (isMerge(plain, await mergeSums(plain, path))) return { status: 'withoutMagnitude', coefficient: start };
  }
  let factor = start;
  for (const known of [...likelyFactors(weight, sums, hint), ...Array<null>(STEPS).fill(null)]) {
    const tried = known ?? factor;
    const scaled = await mergeSums(weight, { ...path, factor: tried });
    if (Math.abs(tried - 1) > SMALLEST_FACTOR && isScaledMerge(weight, scaled)) {
      return { status: 'wrongFactor', coefficient: tried };
    }
    // Rounding keeps more of a large update than of a small one: find the factor whose rounded merge is as long as W −
    // W₀.
    const along = scaled.expectedAlongUpdate / tried;
    if (along * start > 0) factor = (tried * sums.alongUpdate) / along;
  }
  return null;
}

/**
 * Merged, stored and merged again: rounded each time. Where an update is smaller than the rounding, that is not the
 * merge of twice the update: what the first merge lost to rounding, the second one lost again.
 * @returns null if it was merged once, or in no such way
 */
async function timesMerged(weight: MergedWeight, start: number, path: MergePath): Promise<number | null> {
  for (let times = 2; times <= MOST_TIMES && start > times - 1; times += 1) {
    const sums = await mergeSums(weight, { ...path, mergedBefore: times - 1 });
    const expected = tolerance(weight, sums) + tieTolerance(weight, sums) * (times - 1);
    if (sums.excess <= LIMIT * expected && sums.excessOfBase > MIN_STEP * LIMIT * expected) return times;
  }
  return null;
}

/** How far the last merge must stand out: so far, a factor of 2.8 is not taken for three merges. */
const MIN_STEP = 50;

/** A retried step of a pipeline. */
const MOST_TIMES = 3;

/**
 * Where a merge before came out differently at a tie, the entry is off by a whole ulp, and nothing makes up for it
 * later: an error ε of T does that to a share ε ÷ ulp of the entries, so it adds ulp·ε for each, summed by Cauchy and
 * Schwarz.
 */
function tieTolerance(weight: MergedWeight, sums: MergeSums): number {
  return 2 * halfUlp(weight.merged.dtype) * Math.sqrt(sums.target * toolError(weight, sums));
}

/** Usual factors, the likeliest first. */
function likelyFactors(weight: MergedWeight, sums: MergeSums, hint: number | null): number[] {
  const start = coefficientOf(sums) ?? 0;
  const distance = (known: number) => (known === hint ? 0 : Math.abs(Math.log(start / known)));
  // Where most of the update is lost in the rounding, the coefficient says little about the factor.
  const near = sums.update >= MIN_SNR * sums.rounding ? NEAR : Number.POSITIVE_INFINITY;
  return [...new Set([...(hint === null ? [] : [hint]), ...usualFactors(weight.modules[0])])]
    .filter((known) => known * start > 0 && distance(known) < near)
    .sort((a, b) => distance(a) - distance(b));
}

/** Also after several roundings, as when an adapter was applied twice. */
function isScaledMerge(weight: MergedWeight, sums: MergeSums): boolean {
  const isRoundedAgain = sums.update >= MIN_SNR * sums.rounding && sums.residual <= LIMIT * sums.rounding;
  return isMerge(weight, sums) || isRoundedAgain;
}

/** Applied twice or three times, subtracted, another rule for the scale, or none. */
function usualFactors({ rank, scale }: LoraModule): number[] {
  return [2, -1, Math.sqrt(rank), 1 / Math.sqrt(rank), 1 / scale, 3, 0.5];
}

/** How far a least-squares coefficient is from the factor, in its logarithm. */
const NEAR = 0.25;
const STEPS = 3;
/** Below this share of the update, W − W₀ is something else; this close to one, a factor explains nothing. */
const SMALLEST_FACTOR = 0.01;

function withoutMagnitudes([first, ...rest]: MergedWeight['modules']): MergedWeight['modules'] {
  const without = (module: LoraModule): LoraModule => ({ ...module, magnitude: null });
  return [without(first), ...rest.map(without)];
}

/** Is it in a dtype or format that a merge can be judged in? */
export function isMergeJudged(entry: TensorEntry): boolean {
  return isQuantized(entry) || Object.hasOwn(HALF_ULP, entry.dtype);
}
