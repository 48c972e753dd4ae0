import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { LOSS_FORMS } from '../rows/losses.ts';
import { defineFinding } from './define-finding.ts';
import { overLimit } from './flat-form.ts';

const METRICS = { benchmark: 'benchmarkAccuracy', twin: 'twinAccuracy', both: 'accuracy' } as const;

export const accuracyLossFinding = defineFinding('accuracy-loss', {
  rank: 'lost',
  isDeficit: true,
  fields: {
    form: z.enum(LOSS_FORMS),
    /** Both null: all facts. */
    capability: foreign.nullable(),
    suite: foreign.nullable(),
    candidate: z.number(),
    baseline: z.number(),
    change: z.number(),
    items: count,
    /** Passages; absent if no items share one. */
    units: count.optional(),
    lost: count,
    won: count,
    p: z.number(),
    limit: z.number(),
  },
  reason: ({ form, capability, suite, change, limit }) =>
    overLimit('accuracy-loss', METRICS[form], { place: capability ?? suite ?? 'model', change, limit }),
});
