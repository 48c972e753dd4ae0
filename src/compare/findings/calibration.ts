import { z } from 'zod';
import { ofSchema } from '../../measure/schema/index.ts';
import { CALIBRATION_KINDS, LIMIT_RULES, REFUSALS } from '../rows/calibration.ts';
import { count, foreign, scopePlace, scopeSchema } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { flatForm } from './flat-form.ts';

export const calibrationFindings = [
  defineFinding('calibrated-metric', {
    fields: {
      metric: foreign,
      of: ofSchema,
      /** Furthest beyond the limit. */
      scope: scopeSchema,
      candidate: z.number(),
      limit: z.number(),
      direction: z.enum(['up', 'down']),
      by: z.enum(LIMIT_RULES),
      /** Range of the known-good checkpoints. */
      least: z.number(),
      most: z.number(),
      runs: count,
      calibration: z.enum(CALIBRATION_KINDS),
      /** Null: no rate of false alarms is claimed. */
      test: z.strictObject({ alpha: z.number(), p: z.number() }).nullable(),
      /** Module types beyond the limit, out of `judged`. */
      places: z.array(foreign).min(1),
      judged: count,
    },
    reason: ({ metric, of, scope, candidate, direction, limit }) =>
      flatForm('calibration', metric, {
        of,
        place: scopePlace(scope),
        candidate,
        tolerance: { [direction === 'up' ? 'highest' : 'lowest']: limit },
      }),
    places: ({ places }) => places,
  }),
  defineFinding('not-calibrated-here', {
    fields: {
      scope: scopeSchema,
      /** Size of its update, and the calibrated range. */
      candidate: z.number(),
      low: z.number(),
      high: z.number(),
      runs: count,
      places: z.array(foreign).min(1),
      sizes: count,
    },
    reason: ({ scope, candidate, low, high }) =>
      flatForm('not-calibrated-here', 'updateSize', {
        place: scopePlace(scope),
        candidate,
        tolerance: { lowest: low, highest: high },
      }),
    places: ({ places }) => places,
  }),
  defineFinding('calibration-refused', {
    fields: {
      cause: z.enum(REFUSALS),
      /** First tensor, module type, metric or key that differs; null for the whole. */
      what: foreign.nullable(),
      calibrated: foreign.nullable(),
      candidate: foreign.nullable(),
    },
    reason: ({ cause, what, candidate }) =>
      flatForm('calibration-refused', cause, { place: what ?? 'model', candidate }),
  }),
] as const;
