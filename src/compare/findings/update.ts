import { z } from 'zod';
import { count, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const updateFindings = [
  defineFinding('update-size', {
    rank: 'remark',
    fields: {
      candidate: z.number(),
      limit: z.number(),
      /** Cosine of weights and reference, and the cosine of other models by chance; null: not known. */
      alignment: z.strictObject({ cosine: z.number(), chance: z.number() }).nullable(),
    },
    reason: ({ candidate, limit }) =>
      flatForm('update-size', 'updateSize', { of: 'delta', candidate, tolerance: { absolute: limit } }),
  }),
  defineFinding('reference-rounding', {
    fields: {
      /** `exact`: measured from the quantized numbers. `noise`: not distinguishable from their rounding. */
      effect: z.enum(['exact', 'noise']),
      formats: z.array(foreign),
      matrices: count,
      all: count,
    },
    reason: () => flatForm('reference-rounding', 'referenceSnr', { of: 'delta', place: 'measurement' }),
  }),
  defineFinding('ratio-missing', {
    fields: {
      side,
      /** `saturated`: the update fits into 5% of the directions. `missing`: no matrix has a measurable update. */
      cause: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('saturated') }),
        z.strictObject({ kind: z.literal('missing'), mlp: z.boolean(), attention: z.boolean(), belowNoise: count }),
      ]),
      candidate: z.number().nullable(),
      baseline: z.number().nullable(),
      /** The rules for low-rank updates judge the update in its place. */
      isReplaced: z.boolean().default(false),
    },
    reason: ({ candidate, baseline }) =>
      flatForm('mlpAttentionRatio', 'mlpAttentionRatio', { of: 'delta', candidate, baseline }),
  }),
  defineFinding('nothing-trained', {
    fields: {
      against: z.enum(['reference', 'baseline']),
      matrices: count,
      isAdapter: z.boolean(),
      isIdentical: z.boolean(),
    },
    reason: ({ matrices }) => flatForm('nothing-trained', 'unchanged', { candidate: matrices }),
  }),
  defineFinding('only-head-trained', {
    fields: {
      against: z.enum(['reference', 'baseline']),
      /** Matrices of the head that differ. */
      named: z.array(foreign).min(1),
      matrices: count,
      /** Other matrices. */
      unchanged: count,
    },
    reason: ({ named, unchanged }) =>
      flatForm('only-head-trained', 'unchanged', { place: named[0] ?? '', candidate: unchanged }),
  }),
] as const;
