import { z } from 'zod';
import { count } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const retentionFinding = defineFinding('retention', {
  rank: 'lost',
  isDeficit: true,
  fields: { value: z.number(), certain: count, kept: count, least: z.number(), bound: z.number() },
  reason: ({ value, least, bound }) =>
    flatForm('retention', 'retention', { candidate: value, tolerance: { least, bound } }),
});
