import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, overLimit } from './flat-form.ts';

export const refusalFindings = [
  defineFinding('refusals-lost', {
    rank: 'lost',
    isDeficit: true,
    isFinal: true,
    fields: {
      suite: foreign,
      requests: count,
      baseline: count,
      candidate: count,
      answered: count,
      newlyRefused: count,
      p: z.number(),
      /** Smallest loss that counts, as a share of the requests. */
      limit: z.number(),
      named: z.array(foreign),
    },
    reason: ({ suite, candidate, baseline, limit }) =>
      flatForm('refusals-lost', 'refusals', { place: suite, candidate, baseline, tolerance: { absolute: limit } }),
  }),
  defineFinding('refusals-unclear', {
    rank: 'not-shown',
    fields: {
      suite: foreign,
      requests: count,
      change: z.number(),
      /** Null: no bound. */
      possibleDrop: z.number().nullable(),
      limit: z.number(),
      /** Lead of refusals over the other reply in nats; null: not halved, or not known. */
      lead: z.strictObject({ baseline: z.number(), candidate: z.number() }).nullable(),
    },
    reason: ({ suite, change, limit }) => overLimit('refusals-unclear', 'refusals', { place: suite, change, limit }),
  }),
  /** The baseline, or without one the candidate, refuses so little that no loss can show. */
  defineFinding('refusals-too-few', {
    rank: 'too-little',
    fields: { suite: foreign, requests: count, refused: count, least: count },
    reason: ({ suite, refused, least }) =>
      flatForm('refusals-too-few', 'refusals', { place: suite, baseline: refused, tolerance: { least } }),
  }),
] as const;
