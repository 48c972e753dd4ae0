import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const levelLostFinding = defineFinding('level-lost', {
  rank: 'lost',
  isDeficit: true,
  needsMoreThanHarm: true,
  fields: {
    family: foreign,
    count,
    /** Highest level reached; 0: none. */
    candidate: count,
    baseline: count,
    /** Answers in both forms at the baseline's level. */
    lost: count,
    won: count,
    /** Adjusted for the number of families. */
    p: z.number(),
  },
  reason: ({ family, candidate, baseline }) => flatForm('level-lost', 'level', { place: family, candidate, baseline }),
});
