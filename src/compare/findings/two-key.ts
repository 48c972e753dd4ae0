import { z } from 'zod';
import { foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const twoKeyFinding = defineFinding('two-key', {
  rank: 'lost',
  fields: {
    /** Rules that turned the keys. */
    spectral: foreign.nullable(),
    behavioral: foreign.nullable(),
    metric: foreign,
    isBehaviorJudged: z.boolean().default(true),
  },
  reason: ({ metric }) => flatForm('two-key', metric),
});
