import { MAX_RESIDUAL } from '@shadow-gate/spectra/merge-status';
import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm, type Reason } from './flat-form.ts';

function aboutMerge(metric: string, values: Partial<Reason>): Reason {
  return flatForm('merge', metric, { of: 'weight', ...values });
}

const FAULTS = [
  'not-applied',
  'different',
  'not-finite',
  'not-in-checkpoint',
  'not-in-reference',
  'other-shape',
  'unreadable',
] as const;

/** Reports of older versions name these; the weights are `different`. */
const OLDER_FAULTS = [
  'applied-twice',
  'subtracted',
  'scale-of-lora',
  'scale-of-rslora',
  'unscaled',
  'wrong-scale',
  'without-magnitude',
] as const;

export const mergeFindings = [
  defineFinding('merge-not-finite', {
    rank: 'broken-weights',
    fields: { named: z.array(z.strictObject({ name: foreign, nan: count, inf: count })).min(1), tensors: count },
    reason: ({ named, tensors }) => aboutMerge('nonFinite', { place: named[0]?.name ?? '', candidate: tensors }),
  }),
  defineFinding('merge-fault', {
    rank: 'broken-weights',
    fields: {
      fault: z
        .enum([...FAULTS, ...OLDER_FAULTS])
        .transform((fault) => FAULTS.find((known) => known === fault) ?? 'different'),
      named: z
        .array(z.strictObject({ name: foreign, residual: z.number().nullable(), coefficient: z.number().nullable() }))
        .min(1),
      weights: count,
      all: count,
    },
    reason: ({ named, fault }) => {
      const [first] = named;
      const { residual = null, coefficient = null } = first ?? {};
      return aboutMerge(fault, {
        place: first?.name ?? '',
        candidate: coefficient ?? residual,
        tolerance: { residual: MAX_RESIDUAL },
      });
    },
  }),
  defineFinding('merge-other-tensors', {
    rank: 'broken-weights',
    fields: {
      named: z.array(z.strictObject({ name: foreign, change: z.enum(['changed', 'missing', 'added']) })).min(1),
      tensors: count,
    },
    reason: ({ named, tensors }) => aboutMerge('tensors', { place: named[0]?.name ?? '', candidate: tensors }),
  }),
  defineFinding('merge-proven', {
    fields: {
      /** Weights whose merge is proven, and all that the adapter changes. */
      weights: count,
      all: count,
      /** Largest r = ‖W − (W₀ + s·BA)‖ ÷ the expected rounding. */
      residual: z.number(),
      /** Other tensors, equal to those of the reference. */
      others: count,
    },
    reason: ({ residual }) => aboutMerge('merge', { candidate: residual, tolerance: { residual: MAX_RESIDUAL } }),
  }),
  defineFinding('merge-unseen', {
    rank: 'footnote',
    fields: { example: foreign, weights: count, all: count },
    reason: ({ example }) => aboutMerge('merge', { place: example }),
  }),
] as const;
