import { z } from 'zod';
import { SUITE_LEVELS } from '../../policy/suite-tier.ts';

/**
 * What counts for one suite or benchmark, and how it changed: only where the policy sets something for single suites.
 */
export const suiteRowSchema = z.strictObject({
  /** Name of a file, a task or a group. */
  suite: z.string(),
  level: z.enum(SUITE_LEVELS),
  required: z.boolean(),
  /** Could a loss show? Null: it was not compared at all, and has no numbers. */
  isJudged: z.boolean().nullable(),
  /** Facts, or documents. */
  items: z.int().nonnegative(),
  /** Expected accuracy where likelihoods judge, else accuracy: of twins, where it has some. */
  baseline: z.number().nullable(),
  candidate: z.number().nullable(),
  /** `lower` is a one-sided bound at the policy's `alpha`: what is below it is ruled out. Null: no bound. */
  change: z.strictObject({ value: z.number(), lower: z.number().nullable() }).nullable(),
  /** The smallest loss that is reported. */
  limit: z.number(),
});
export type SuiteRow = z.infer<typeof suiteRowSchema>;
