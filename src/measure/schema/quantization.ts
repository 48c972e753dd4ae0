import { z } from 'zod';
import { componentSchema, moduleSchema } from './measurement.ts';

const count = z.int().nonnegative();

/** ‖W_q − W‖_F ÷ ‖W‖_F over the quantized matrices of one module type, taken together. */
const moduleErrorSchema = z.strictObject({
  component: componentSchema,
  module: moduleSchema,
  matrices: count.positive(),
  error: z.number().nonnegative(),
  /** The matrix with the largest error of its own. */
  largest: z.strictObject({ name: z.string(), error: z.number().nonnegative() }),
});
export type ModuleError = z.infer<typeof moduleErrorSchema>;

/** The error of quantized weights W_q relative to the baseline's W. */
export const quantizationSchema = z.strictObject({
  /** Formats of the compared quantized weights, as the candidate's `dtypes` name them. */
  formats: z.array(z.string()).min(1),
  /** Over all of them. */
  error: z.number().nonnegative(),
  /** The largest error first. */
  modules: z.array(moduleErrorSchema).min(1),
  /** Quantized matrices that were not compared: missing in the baseline, not finite, or too large for the memory. */
  notCompared: count,
});
export type Quantization = z.infer<typeof quantizationSchema>;
