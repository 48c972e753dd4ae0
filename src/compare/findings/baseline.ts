import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const baselineFindings = [
  defineFinding('missing-baseline', {
    rank: 'remark',
    fields: { path: foreign.nullable() },
    reason: () => flatForm('missing-baseline', 'baseline', { place: 'measurement' }),
  }),
  defineFinding('stale-baseline', {
    fields: {
      /** Between the measurements of baseline and candidate; null: one of the times cannot be read. */
      days: count.nullable(),
      limit: z.int().positive(),
    },
    reason: ({ days, limit }) =>
      flatForm('stale-baseline', 'baseline', { place: 'measurement', candidate: days, tolerance: { absolute: limit } }),
  }),
  defineFinding('changed-input', {
    fields: {
      input: z.enum(['policy', 'baseline', 'calibration', 'probe-file', 'reference', 'tokenizer', 'logs', 'workflow']),
      /** `unknown`: the commit that is checked out is not known. */
      change: z.enum(['edited', 'added', 'deleted', 'unknown']),
      path: foreign,
      base: foreign,
      counts: z.enum(['base', 'change']),
    },
    reason: ({ input, path }) => flatForm('changed-input', input, { place: path }),
  }),
] as const;
