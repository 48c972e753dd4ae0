import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { overLimit } from './flat-form.ts';

export const twinAccuracyFindings = [
  defineFinding('twin-accuracy', {
    rank: 'lost',
    isDeficit: true,
    fields: {
      /** Null: all capabilities. */
      capability: foreign.nullable(),
      candidate: z.number(),
      baseline: z.number(),
      change: z.number(),
      twins: count,
      units: count.optional(),
      lost: count,
      won: count,
      p: z.number(),
      limit: z.number(),
    },
    reason: ({ capability, change, limit }) =>
      overLimit('twin-accuracy', 'twinAccuracy', { place: capability ?? 'model', change, limit }),
  }),
  defineFinding('twin-accuracy-unclear', {
    rank: 'not-shown',
    isOfFew: true,
    fields: {
      change: z.number(),
      /** Largest drop that cannot be ruled out; null: no bound. */
      possibleDrop: z.number().nullable(),
      limit: z.number(),
      minimumDetectable: z.number().nullable(),
    },
    reason: ({ change, limit }) => overLimit('twin-accuracy-unclear', 'twinAccuracy', { change, limit }),
  }),
] as const;
