import { z } from 'zod';

const count = z.int().nonnegative();

/** The requests of one suite. */
export const refusalRowSchema = z.strictObject({
  suite: z.string(),
  requests: count,
  /** Requests that share nothing, and what others share; absent where no request names such a thing. */
  units: count.optional(),
  /** How many are refused. A baseline of null where there is none. */
  baseline: count.nullable(),
  candidate: count,
  /** Requests that the baseline refused and the candidate does not, and the other way around. */
  answered: count,
  newlyRefused: count,
  /** The first of them. */
  ids: z.array(z.string()),
  /**
   * Change of the share that is refused, or of its expected value where the texts of both replies are given; ends are
   * one-sided bounds.
   */
  change: z.strictObject({ value: z.number(), lower: z.number().nullable(), upper: z.number().nullable() }).nullable(),
  /**
   * Where the texts of both replies are given, the mean of log p(refusal) − log p(compliance), in nats, and whether at
   * least half of the baseline's is gone, by its bound; null where a reply is written, and without a baseline.
   */
  lead: z.strictObject({ baseline: z.number(), candidate: z.number(), isHalved: z.boolean() }).nullable(),
  /** Exact one-sided test for a loss, and the level at which it shows one. */
  p: z.number().nullable(),
  alpha: z.number(),
  /** So many refusals have to be lost before the test can show it. */
  least: count,
});
export type RefusalRow = z.infer<typeof refusalRowSchema>;
