import { TWIN_KINDS } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { count, estimateSchema, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, overLimit } from './flat-form.ts';

export const shadowDeltaFindings = [
  defineFinding('shadow-delta', {
    rank: 'memorized',
    isDeficit: true,
    isOfGain: true,
    fields: {
      suite: foreign,
      twins: z.enum(TWIN_KINDS),
      group: foreign.nullable(),
      delta: estimateSchema,
      transfer: estimateSchema,
      margin: z.number(),
      transferLimit: z.number(),
    },
    reason: ({ delta, margin, transferLimit }) =>
      flatForm('shadow-delta', 'shadowDelta', {
        candidate: delta.value,
        tolerance: { absolute: margin, transfer: transferLimit },
      }),
  }),
  defineFinding('gain-not-shown', {
    rank: 'not-shown',
    isOfGain: true,
    fields: {
      suite: foreign,
      facts: count,
      candidate: z.number(),
      baseline: z.number(),
      gain: estimateSchema,
      limit: z.number(),
      /** Whether format twins decided; if not, no twins did. */
      hasFormat: z.boolean(),
    },
    reason: ({ suite, gain, limit }) =>
      overLimit('gain-not-shown', 'benchmarkAccuracy', { place: suite, change: gain.value, limit }),
  }),
] as const;
