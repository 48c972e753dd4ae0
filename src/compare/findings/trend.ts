import { z } from 'zod';
import { count } from '../rows/fields.ts';
import { CHARTS } from '../rows/trend.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const trendFinding = defineFinding('trend', {
  fields: {
    chart: z.enum(CHARTS),
    /** Checks, or checkpoints, since the drift began. */
    run: count,
    sum: z.number(),
    limit: z.number(),
    /** Mean change of accuracy, or of concentration relative to the baseline. Null: the baseline has no update. */
    meanChange: z.number().nullable(),
  },
  reason: ({ chart, sum, limit }) =>
    flatForm('trend', chart === 'concentration' ? 'mlpAttentionRatio' : chart, {
      of: chart === 'concentration' ? 'delta' : null,
      candidate: sum,
      tolerance: { cumulativeSum: limit },
    }),
});
