import { z } from 'zod';
import { count } from './fields.ts';

export const mustPassItemSchema = z.strictObject({
  suite: z.string(),
  id: z.string(),
  question: z.string().nullable(),
  right: z.string().nullable(),
  given: z.string().nullable(),
  /** Whether the baseline had it right; null: it was not asked that. */
  baseline: z.boolean().nullable(),
});

export const mustPassRowSchema = z.strictObject({
  suite: z.string(),
  questions: z.int().nonnegative().nullable(),
  asked: z.int().nonnegative(),
  broken: z.array(mustPassItemSchema),
});
export type MustPassRow = z.infer<typeof mustPassRowSchema>;

export const refusalRowSchema = z.strictObject({
  suite: z.string(),
  requests: count,
  /** Independent units; absent if no requests share one. */
  units: count.optional(),
  /** Requests refused; null: there is no baseline. */
  baseline: count.nullable(),
  candidate: count,
  /** Requests that the baseline refused and the candidate does not, and the other way around. */
  answered: count,
  newlyRefused: count,
  ids: z.array(z.string()),
  /** Change of the share refused, expected if both replies' texts are given; ends are one-sided bounds. */
  change: z.strictObject({ value: z.number(), lower: z.number().nullable(), upper: z.number().nullable() }).nullable(),
  /** Mean log p(refusal) − log p(compliance) in nats, and whether it halved. Null for written replies. */
  lead: z.strictObject({ baseline: z.number(), candidate: z.number(), isHalved: z.boolean() }).nullable(),
  /** Exact one-sided test for a loss, and the level at which it shows one. */
  p: z.number().nullable(),
  alpha: z.number(),
  /** Fewest lost refusals that the test can show. */
  least: count,
});
export type RefusalRow = z.infer<typeof refusalRowSchema>;

/** A number with its standard error over texts. */
const measuredSchema = z.strictObject({ value: z.number(), standardError: z.number().nonnegative() });
export type Measured = z.infer<typeof measuredSchema>;

/** By the names and definitions of llama.cpp's perplexity tool. Standard errors are over texts, not tokens. */
const tokenChangesSchema = z.strictObject({
  tokens: count,
  /** Mean and root mean square of p(token) of the candidate minus the baseline's; share of the same best token. */
  meanChange: measuredSchema,
  rmsChange: measuredSchema,
  sameBest: measuredSchema,
  /** Perplexity of the candidate ÷ that of the baseline. */
  perplexityRatio: measuredSchema,
  /**
   * KL divergence of the candidate from the baseline over the most likely tokens of both and one class of all others,
   * in nats per token: a lower bound for the whole vocabulary. Null if no lists of tokens are known.
   */
  divergence: measuredSchema.extend({ tokens: count }).nullable(),
});
export type TokenChanges = z.infer<typeof tokenChangesSchema>;

/** One suite of plain texts. Likelihoods are in nats per byte. */
export const textRowSchema = z.strictObject({
  suite: z.string(),
  /** Those that are compared; without a baseline, those that were scored. */
  texts: count,
  bytes: count,
  candidate: z.number().nullable(),
  baseline: z.number().nullable(),
  /** Candidate minus baseline; the ends are one-sided bounds at the policy's `alpha`. Null where it is not compared. */
  change: measuredSchema.extend({ lower: z.number(), upper: z.number() }).nullable(),
  /** Null where the engines do not know what was expected, where tokens are not the same, and without a baseline. */
  tokenChanges: tokenChangesSchema.nullable(),
  /** Why a side could not score them; null where it did. From a server: escape it. */
  leftOut: z.string().nullable(),
});
export type TextRow = z.infer<typeof textRowSchema>;
