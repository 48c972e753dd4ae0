import { z } from 'zod';
import { count, foreign } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

/** ‖W_q − W‖_F ÷ ‖W‖_F, where W are the weights of the baseline. */
export const quantizationFinding = defineFinding('quantization-error', {
  fields: {
    formats: z.array(foreign).min(1),
    error: z.number(),
    /** Module types with the largest error, of `modules`. */
    named: z.array(z.strictObject({ module: foreign, error: z.number() })).min(1),
    modules: count,
    notCompared: count,
  },
  reason: ({ error }) => flatForm('quantization-error', 'relativeError', { of: 'weight', candidate: error }),
});
