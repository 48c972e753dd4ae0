import { OWN_TEXT_DRAWN } from '@shadow-gate/probes/answer';
import { z } from 'zod';
import { count, foreign } from './fields.ts';

/** The policy says so; the weights differ by the rounding of 8 bits; the baseline is the adapter that was merged. */
const SAME_MODEL = ['declared', 'quantized', 'merged'] as const;

const nats = z.number();

/** How far the candidate is from the model that drew the texts: log p(baseline) − log p(candidate), nats a token. */
export const ownTextRowSchema = z.strictObject({
  natsPerToken: nats,
  /** Ends of its interval, two-sided, over texts. */
  low: nats,
  high: nats,
  tokens: count,
  texts: count,
  /** `now`: after the candidate was fixed. `with-baseline`: what anybody can have read since. */
  drawn: z.enum(OWN_TEXT_DRAWN),
  /** Why the model should be the same; null: it may have changed. */
  sameModel: z.enum(SAME_MODEL).nullable(),
  /** For the interval, in nats a token. Null: none is known for so small a model. */
  limit: nats.nullable(),
  /** The texts that became least likely, a tenth of all. */
  worst: z.strictObject({ texts: count, natsPerToken: nats }),
  /** By part of the vocabulary, language or turn; the worst first. */
  parts: z.array(z.strictObject({ part: foreign, texts: count, tokens: count, natsPerToken: nats })),
  /** Texts that are longer than the candidate's context, and not the baseline's. */
  tooLong: count,
  /**
   * The texts read as one long text: how much less likely than alone they became to the candidate, beyond what happened
   * to the baseline, in its second half. Null where tokens are not known.
   */
  late: z.strictObject({ from: count, to: count, natsPerToken: nats, low: nats, high: nats }).nullable(),
});
export type OwnTextRow = z.infer<typeof ownTextRowSchema>;
