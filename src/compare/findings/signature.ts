import { z } from 'zod';
import { signatureSchema } from '../../measure/schema/index.ts';
import { count } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const signatureFindings = [
  defineFinding('signature-broken', {
    rank: 'broken-weights',
    fields: {
      named: z.array(signatureSchema.shape.faults.element).min(1),
      faults: count,
      /** That the signature lists. */
      files: count,
    },
    reason: ({ named, faults }) =>
      flatForm('signature', named[0]?.fault ?? '', { place: named[0]?.name ?? '', candidate: faults }),
  }),
  defineFinding('signature-refused', {
    rank: 'broken-weights',
    fields: {
      /** There is none, or the key that the policy names did not make it. */
      cause: z.enum(['missing', 'other-key']),
    },
    reason: ({ cause }) => flatForm('signature', cause),
  }),
  defineFinding('signature-unchecked', {
    rank: 'footnote',
    fields: { files: count },
    reason: ({ files }) => flatForm('signature', 'files', { candidate: files }),
  }),
  defineFinding('signature-valid', {
    fields: { files: count, key: z.string() },
    reason: ({ files }) => flatForm('signature', 'key', { candidate: files }),
  }),
] as const;
