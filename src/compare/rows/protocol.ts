import { PLACES } from '@shadow-gate/probes/answer';
import { z } from 'zod';
import { count, foreign } from './fields.ts';

/** Texts in which a model makes what the template writes likelier than anything else, of the baseline's. */
const doneSchema = z.strictObject({ done: count, of: count });

/** What the chat template writes at one kind of place. */
export const protocolRowSchema = z.strictObject({
  place: z.enum(PLACES),
  baseline: doneSchema,
  candidate: doneSchema,
  /** Texts in which the baseline does it and the candidate does not. */
  lost: count,
  /** Level of the exact one-sided test that the candidate lost more texts than it won. */
  p: z.number(),
  /** Mean of log p(baseline) − log p(candidate) of doing it over the texts, in nats, and its one-sided lower bound. */
  nats: z.strictObject({ mean: z.number(), lower: z.number().nullable() }),
  /** Too seldom done by the baseline to judge a candidate by it. */
  isLeftOut: z.boolean(),
  /** Why the candidate has no such place, though the baseline has. */
  missing: foreign.nullable(),
});
export type ProtocolRow = z.infer<typeof protocolRowSchema>;
