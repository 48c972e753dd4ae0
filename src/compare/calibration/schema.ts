import { maybeBoundedSchema } from '@shadow-gate/spectra/metrics-schema';
import { z } from 'zod';
import {
  architectureSchema,
  componentSchema,
  deltaModelSchema,
  identitySchema,
  measurementSchema,
  moduleSchema,
} from '../../measure/schema/index.ts';
import { CALIBRATION_KINDS } from '../rows/calibration.ts';

export const CALIBRATION_SCHEMA = 'shadow-gate/calibration@1';

const runGroupSchema = z.strictObject({
  component: componentSchema,
  module: moduleSchema,
  count: z.int().positive(),
  isLowRank: z.boolean(),
  /** Medians of ΔW over the module type, by their dotted names. */
  metrics: z.record(z.string(), maybeBoundedSchema),
});

const calibrationRunSchema = z.strictObject({
  /** Foreign: escape it. */
  name: z.string(),
  digest: z.string(),
  /** Accepted by the calibration itself. */
  isSelected: z.literal(true).optional(),
  measured: z.string(),
  /** ‖ΔW‖_F / ‖W_reference‖_F of the blocks; null for an adapter that was measured without its base model. */
  updateSize: z.number().nonnegative().nullable(),
  model: deltaModelSchema.pick({ mlpAttentionRatio: true, mlpTopEnergy: true, attentionTopEnergy: true }),
  groups: z.array(runGroupSchema).min(1),
});
export type CalibrationRun = z.infer<typeof calibrationRunSchema>;

const describedUpdateSchema = z.strictObject({
  tool: measurementSchema.shape.tool,
  architecture: architectureSchema,
  reference: identitySchema.nullable(),
  method: measurementSchema.shape.method.unwrap(),
  tensors: z.array(
    z.strictObject({ name: z.string(), shape: z.array(z.int()), loraRank: z.int().positive().optional() }),
  ),
});
export type DescribedUpdate = z.infer<typeof describedUpdateSchema>;

export const calibrationSchema = z.strictObject({
  schema: z.literal(CALIBRATION_SCHEMA),
  ...describedUpdateSchema.shape,
  kind: z.enum(CALIBRATION_KINDS),
  /** In order for a series. */
  runs: z.array(calibrationRunSchema).min(1),
});
export type Calibration = z.infer<typeof calibrationSchema>;
