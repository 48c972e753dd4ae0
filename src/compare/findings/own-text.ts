import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { overLimit } from './flat-form.ts';

/** Rules that own text can break. */
const RULES = [
  /** A change that is meant to change nothing, and did; or neither is shown. */
  'same-model',
  'same-model-unclear',
  /** Over all texts, the worst tenth of them, one part, and the second half of the long text. */
  'all',
  'worst-texts',
  'part',
  'long-text',
  /** The candidate's context is shorter than what the baseline read. */
  'shorter-context',
  /** The candidate did not read what the baseline drew. */
  'not-read',
] as const;

export const ownTextFinding = defineFinding('own-text', {
  rank: 'lost',
  isDeficit: true,
  isFinal: true,
  fields: {
    rule: z.enum(RULES),
    part: foreign.nullable(),
    /** Nats a token; the ends are null where there is no interval. */
    natsPerToken: z.number(),
    low: z.number().nullable(),
    high: z.number().nullable(),
    limit: z.number(),
    texts: count,
    tokens: count,
    /** Why texts were not drawn or not read, by a server. */
    why: foreign.nullable(),
  },
  reason: ({ part, natsPerToken, limit }) =>
    overLimit('own-text', 'ownText', { place: part ?? 'model', change: natsPerToken, limit }),
});
