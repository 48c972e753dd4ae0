import { z } from 'zod';
import { foreign } from '../rows/fields.ts';
import { freshRowSchema } from '../rows/fresh.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const freshFinding = defineFinding('fresh-questions', {
  rank: 'memorized',
  isDeficit: true,
  isFinal: true,
  fields: {
    /** The one of which this is true; null for all of them. */
    family: foreign.nullable(),
    ...freshRowSchema.omit({ families: true }).shape,
    margin: z.number(),
  },
  reason: ({ family, asked, fresh, margin }) =>
    flatForm('fresh-questions', 'examAccuracy', {
      place: family ?? 'model',
      candidate: fresh,
      baseline: asked,
      tolerance: { absolute: margin },
    }),
});
