import { z } from 'zod';
import { ofSchema } from '../../measure/schema/index.ts';
import { count, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { invalidComparison } from './flat-form.ts';

export const otherWeightsFindings = [
  defineFinding('baseline-without-spectra', {
    fields: {},
    reason: () => invalidComparison('spectra', { of: 'weight', place: 'measurement', candidate: 'measured' }),
  }),
  defineFinding('baseline-is-reference', {
    rank: 'remark',
    fields: {},
    reason: () => invalidComparison('reference', { of: 'delta', place: 'ΔW' }),
  }),
  defineFinding('adapter-and-full', {
    fields: {
      adapter: side,
      /** The full model to the base model of the adapter; `unknown`: the adapter was measured without it. */
      relation: z.enum(['is-reference', 'same-reference', 'other-reference', 'unknown']),
    },
    reason: ({ adapter }) => {
      const kind = (here: boolean) => (here ? 'adapter' : 'full model');
      return invalidComparison('format', {
        candidate: kind(adapter === 'candidate'),
        baseline: kind(adapter === 'baseline'),
      });
    },
  }),
  defineFinding('other-reference', {
    fields: { candidate: foreign.nullable(), baseline: foreign.nullable() },
    reason: ({ candidate, baseline }) =>
      invalidComparison('reference', { of: 'delta', place: 'ΔW', candidate, baseline }),
  }),
  defineFinding('reference-shape', {
    rank: 'remark',
    fields: { example: foreign, matrices: count },
    reason: ({ example }) => invalidComparison('shape', { of: 'delta', place: example }),
  }),
  defineFinding('other-tensors', {
    fields: {
      of: ofSchema,
      /** Descriptions of shape and LoRA rank; null where the tensor is absent. */
      named: z
        .array(z.strictObject({ name: foreign, candidate: foreign.nullable(), baseline: foreign.nullable() }))
        .min(1),
      tensors: count,
    },
    reason: ({ named, of }) => {
      const [first] = named;
      return invalidComparison('shape', {
        of,
        place: first?.name ?? '',
        candidate: first?.candidate ?? null,
        baseline: first?.baseline ?? null,
      });
    },
  }),
  defineFinding('other-updates', {
    fields: { example: foreign, updatedIn: side, matrices: count, all: count },
    reason: ({ example, updatedIn }) => {
      const state = (here: boolean) => (here ? 'updated' : 'not updated');
      return invalidComparison('update', {
        of: 'delta',
        place: example,
        candidate: state(updatedIn === 'candidate'),
        baseline: state(updatedIn === 'baseline'),
      });
    },
  }),
] as const;
