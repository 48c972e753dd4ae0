import { z } from 'zod';
import { SUITE_LEVELS } from '../../policy/suite-tier.ts';

const count = z.int().nonnegative();

/** The facts of one suite whose field of the file has one value. */
export const sliceRowSchema = z.strictObject({
  suite: z.string(),
  field: z.string(),
  /** From the file: escape it. A hash where texts are hashed. */
  value: z.string(),
  level: z.enum(SUITE_LEVELS),
  facts: count,
  items: count,
  /** False: it has too few facts, or the baseline guesses there, so that no loss could show. */
  isJudged: z.boolean(),
  /** Expected accuracy where likelihoods judge the suite, else accuracy: of twins, where it has some. */
  baseline: z.number(),
  candidate: z.number(),
  change: z.number(),
  /** Ends are one-sided bounds at the policy's `alpha`; null: no bound. */
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  /**
   * One-sided sign-flip test with facts as units, adjusted for the number of slices (Holm); null where it has too few
   * facts.
   */
  p: z.number().nullable(),
  /** The level at which p shows a loss, and the smallest that is reported. */
  alpha: z.number(),
  limit: z.number(),
});
export type SliceRow = z.infer<typeof sliceRowSchema>;
