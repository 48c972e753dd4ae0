import { z } from 'zod';
import { componentSchema, moduleSchema } from '../../measure/schema/index.ts';
import { foreign } from './fields.ts';

/** `runs`: exchangeable, such as re-seeded runs or accepted releases. `series`: checkpoints of one run, in order. */
export const CALIBRATION_KINDS = ['runs', 'series'] as const;
export type CalibrationKind = (typeof CALIBRATION_KINDS)[number];

export const CALIBRATION_DIFFERENCES = [
  'tool-version',
  'architecture',
  'reference',
  'adapter',
  'rank',
  'tensors',
  'shape',
] as const;

/** Differences that the tensors alone do not show. */
export const UPDATE_DIFFERENCES = ['low-rank', 'updates'] as const;

export const REFUSALS = [...CALIBRATION_DIFFERENCES, ...UPDATE_DIFFERENCES, 'no-update', 'metric'] as const;

/** A module of null: the whole model. */
const placeShape = { component: componentSchema, module: moduleSchema.nullable() };

export const LIMIT_RULES = ['order-statistic', 'range', 'deviations', 'student', 'least-margin', 'regression'] as const;
export type LimitRule = (typeof LIMIT_RULES)[number];

const lineSchema = z.strictObject({
  /** On the scale of the metric (`scale.ts`): intercept + slope · ln(update size). */
  slope: z.number(),
  intercept: z.number(),
  /** Root mean square of the leave-one-out residuals, with and without the update size. */
  error: z.number(),
  errorOfMean: z.number(),
});

const calibratedMetricSchema = z.strictObject({
  ...placeShape,
  metric: z.string(),
  /** One per known-good checkpoint, in their order. */
  values: z.array(z.number()),
  candidate: z.number(),
  /** Only for a fast spectrum. */
  bounds: z.strictObject({ low: z.number(), high: z.number() }).optional(),
  /** Null: this metric is shown and not judged. */
  judged: z
    .strictObject({
      direction: z.enum(['up', 'down']),
      limit: z.number(),
      by: z.enum(LIMIT_RULES),
      line: lineSchema.nullable(),
      /**
       * `not-calibrated`: its update size is outside the calibrated range. `idle`: the known-good checkpoints are too
       * far apart for any candidate to be beyond. `unclear`: the limit is between the bounds of a fast spectrum.
       */
      outcome: z.enum(['within', 'beyond', 'not-calibrated', 'idle', 'unclear']),
    })
    .nullable(),
});
export type CalibratedMetric = z.infer<typeof calibratedMetricSchema>;

/** ‖ΔW‖ ÷ ‖W_reference‖; of an adapter without its base model, ‖ΔW‖. */
const calibratedSizeSchema = z.strictObject({
  ...placeShape,
  values: z.array(z.number()),
  candidate: z.number(),
  low: z.number(),
  high: z.number(),
  isOutside: z.boolean(),
});
export type CalibratedSize = z.infer<typeof calibratedSizeSchema>;

export const calibrationReportSchema = z.strictObject({
  path: foreign,
  kind: z.enum(CALIBRATION_KINDS),
  /** Known-good checkpoints, never the candidate itself. */
  runs: z.array(z.strictObject({ name: z.string(), digest: z.string() })),
  /** Why it says nothing about this candidate; null if it does. */
  refused: z
    .strictObject({
      cause: z.enum(REFUSALS),
      what: z.string().nullable(),
      calibrated: z.string().nullable(),
      candidate: z.string().nullable(),
    })
    .nullable(),
  /** The joint test of all judged metrics; null for a series, and for too few runs for a rate. */
  test: z.strictObject({ alpha: z.number(), p: z.number() }).nullable(),
  /** Module types that not all checkpoints trained: they are not judged. */
  unmatched: z.array(z.string()).default([]),
  sizes: z.array(calibratedSizeSchema),
  metrics: z.array(calibratedMetricSchema),
});
export type CalibrationReport = z.infer<typeof calibrationReportSchema>;
