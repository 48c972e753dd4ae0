import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const rankLossFindings = [
  defineFinding('rank-loss', {
    rank: 'harmed-weights',
    fields: {
      tensor: foreign,
      candidate: count,
      /** Directions above 10⁻² σ₁; null: there is no baseline, and the matrix is all zeros. */
      baseline: count.nullable(),
    },
    reason: ({ tensor, candidate, baseline }) => ({
      rule: 'rank-loss',
      metric: 'rank',
      of: 'weight',
      place: tensor,
      candidate,
      baseline,
      tolerance: { absolute: 0 },
    }),
  }),
  defineFinding('rank-not-checked', {
    fields: {
      /**
       * `older-version`: one side was measured before strong directions were counted. `format`: the rounding of the
       * candidate's quantized format is above 10⁻² σ₁.
       */
      cause: z.enum(['fast', 'older-version', 'format']),
      example: foreign,
      matrices: count,
    },
    reason: () => flatForm('rank-loss', 'rank', { of: 'weight', place: 'measurement' }),
  }),
  defineFinding('zero-rows', {
    fields: { tensor: foreign, candidate: count, baseline: count, rows: count },
    reason: ({ tensor, candidate, baseline }) => ({
      rule: 'zero-rows',
      metric: 'zeroRows',
      of: 'weight',
      place: tensor,
      candidate,
      baseline,
      tolerance: null,
    }),
  }),
] as const;
