import { z } from 'zod';

const count = z.int().nonnegative();

/** A number with its standard error over texts. */
const measuredSchema = z.strictObject({ value: z.number(), standardError: z.number().nonnegative() });
export type Measured = z.infer<typeof measuredSchema>;

/**
 * How a copy differs from its original at every token of the texts, by the names and definitions of llama.cpp's
 * perplexity tool. Standard errors are over texts: tokens of one text are not independent.
 */
const tokenChangesSchema = z.strictObject({
  tokens: count,
  /**
   * Mean of p(token) of the candidate minus p(token) of the baseline, the root of its mean square, and where both
   * prefer one token.
   */
  meanChange: measuredSchema,
  rmsChange: measuredSchema,
  sameBest: measuredSchema,
  /** Perplexity of the candidate ÷ that of the baseline. */
  perplexityRatio: measuredSchema,
  /**
   * Nats per token: the KL divergence of the candidate from the baseline over the most likely tokens of both, and one
   * class of all others. That of the whole vocabulary is at least as large. Null where no lists of tokens are known.
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
