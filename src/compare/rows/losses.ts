import { FORMS, JUDGED_FORMS } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { SUITE_LEVELS } from '../../policy/suite-tier.ts';
import { count, estimateSchema, unitCount } from './fields.ts';

/** For the built-in suite, both forms together are one more test. */
export const LOSS_FORMS = [...JUDGED_FORMS, 'both'] as const;

/** An exact test for a loss of accuracy over all items of one form: of all facts, a capability or a suite. */
export const lossRowSchema = z.strictObject({
  form: z.enum(LOSS_FORMS),
  capability: z.string().nullable(),
  suite: z.string().nullable(),
  candidate: z.number(),
  baseline: z.number(),
  change: z.number(),
  items: count,
  units: unitCount,
  lost: count,
  won: count,
  /** One-sided; for a capability or suite, adjusted for their number. */
  p: z.number(),
  alpha: z.number(),
});
export type LossTest = z.infer<typeof lossRowSchema>;

/** Factors for the scores of a model that fit its right answers best. */
const fittedSharpnessSchema = z.strictObject({
  choices: z.number().nullable(),
  /** For the logits over the vocabulary; 1 if not known. */
  vocabulary: z.number(),
});

export const sharpnessRowSchema = z.strictObject({
  suite: z.string(),
  form: z.enum(FORMS),
  items: count,
  baseline: fittedSharpnessSchema,
  candidate: fittedSharpnessSchema,
});

const likelihoodSchema = estimateSchema.extend({ facts: count, bytes: count });

export const gradedRowSchema = z.strictObject({
  capability: z.string().nullable(),
  suite: z.string().nullable(),
  facts: count,
  units: unitCount,
  items: count,
  /** False: some answers are only known to be right or wrong, which stands in for their expected accuracy. */
  isGraded: z.boolean(),
  /** False for servers and logs: likelihoods are known only at the scale of the model's logits. */
  isScaled: z.boolean(),
  /** Correlation of the log-likelihoods of the choices between both models. */
  agreement: z.number().nullable(),
  /** Ends are one-sided bounds at the policy's `alpha`. */
  expected: estimateSchema.extend({ baseline: z.number(), candidate: z.number() }),
  /** Nats per byte of the right answers' texts. */
  likelihood: likelihoodSchema.nullable(),
  /** Among the suite's right answers only, and the part that moved from other tokens. Null for servers and logs. */
  among: likelihoodSchema.extend({ moved: estimateSchema }).nullable().optional(),
});
export type GradedLoss = z.infer<typeof gradedRowSchema>;

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
  /** One-sided sign-flip test over facts, after Holm over slices; null: too few facts. */
  p: z.number().nullable(),
  /** The level at which p shows a loss, and the smallest reported loss. */
  alpha: z.number(),
  limit: z.number(),
});
export type SliceRow = z.infer<typeof sliceRowSchema>;
