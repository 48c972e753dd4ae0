import { z } from 'zod';
import { count, foreign } from './fields.ts';

const freshShares = {
  /** Fresh ones. */
  facts: count,
  /** Shares right; over families, weighted by their fresh facts. */
  asked: z.number(),
  fresh: z.number(),
  /** One-sided lower bound of asked − fresh. */
  lower: z.number(),
};

/** Exam accuracy on the public questions of the built-in suite, and on facts that were drawn for this run. */
export const freshRowSchema = z.strictObject({
  ...freshShares,
  /** Each family by itself, at a level that holds for all of them; the worst first. */
  families: z.array(z.strictObject({ family: foreign, ...freshShares })),
});
export type FreshRow = z.infer<typeof freshRowSchema>;
