import { z } from 'zod';
import { JUDGED_FORMS } from '../../probes/item.ts';
import { defineFinding } from './define-finding.ts';
import { count, foreign } from './fields.ts';
import { flatForm } from './flat-form.ts';

export const accuracyLossFindings = [
  defineFinding('accuracy-loss', {
    rank: 'lost',
    isDeficit: true,
    fields: {
      form: z.enum(JUDGED_FORMS),
      /** Both null: all facts. */
      capability: foreign.nullable(),
      suite: foreign.nullable(),
      candidate: z.number(),
      baseline: z.number(),
      change: z.number(),
      items: count,
      lost: count,
      won: count,
      p: z.number(),
      limit: z.number(),
    },
    reason: ({ form, capability, suite, change, limit }) =>
      flatForm('accuracy-loss', form === 'benchmark' ? 'benchmarkAccuracy' : 'twinAccuracy', {
        place: capability ?? suite ?? 'model',
        candidate: change,
        tolerance: { absolute: limit },
      }),
  }),
] as const;
