import { z } from 'zod';
import { count } from './fields.ts';

/** Exam accuracy on the public questions of the built-in suite, and on facts that were drawn for this run. */
export const freshRowSchema = z.strictObject({
  /** Fresh ones. */
  facts: count,
  /** Shares right, over families weighted by their fresh facts. */
  asked: z.number(),
  fresh: z.number(),
  /** One-sided lower bound of asked − fresh. */
  lower: z.number(),
});
export type FreshRow = z.infer<typeof freshRowSchema>;
