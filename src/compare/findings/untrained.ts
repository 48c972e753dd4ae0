import { z } from 'zod';
import { defineFinding } from './define-finding.ts';
import { count, foreign } from './fields.ts';
import { flatForm } from './flat-form.ts';

export const untrainedFindings = [
  defineFinding('nothing-trained', {
    fields: {
      /** What no matrix differs from. */
      against: z.enum(['reference', 'baseline']),
      matrices: count,
      isAdapter: z.boolean(),
      /** The digests of the whole checkpoints are the same. */
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
      /** Matrices of the rest, which do not. */
      unchanged: count,
    },
    reason: ({ named, unchanged }) =>
      flatForm('only-head-trained', 'unchanged', { place: named[0] ?? '', candidate: unchanged }),
  }),
] as const;
