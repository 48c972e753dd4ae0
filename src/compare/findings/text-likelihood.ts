import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { overLimit } from './flat-form.ts';

export const textLikelihoodFinding = defineFinding('text-likelihood', {
  fields: {
    suite: foreign,
    texts: count,
    /** Nats per byte; `upper` is a one-sided bound. */
    change: z.number(),
    standardError: z.number(),
    upper: z.number(),
    limit: z.number(),
  },
  reason: ({ suite, change, limit }) => overLimit('text-likelihood', 'textLikelihood', { place: suite, change, limit }),
});
