import { z } from 'zod';
import { freshRowSchema } from '../rows/fresh.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const freshFinding = defineFinding('fresh-questions', {
  rank: 'memorized',
  isDeficit: true,
  isFinal: true,
  fields: { ...freshRowSchema.shape, margin: z.number() },
  reason: ({ asked, fresh, margin }) =>
    flatForm('fresh-questions', 'examAccuracy', { candidate: fresh, baseline: asked, tolerance: { absolute: margin } }),
});
