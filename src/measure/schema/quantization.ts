import { z } from 'zod';
import { componentSchema, moduleSchema } from './measurement.ts';

const count = z.int().nonnegative();

/** ‖W_q − W‖_F ÷ ‖W‖_F over the quantized matrices of one module type, taken together. */
const moduleErrorSchema = z.strictObject({
  component: componentSchema,
  module: moduleSchema,
  matrices: count.positive(),
  error: z.number().nonnegative(),
  /** The one with the largest error of its own. */
  largest: z.strictObject({ name: z.string(), error: z.number().nonnegative() }),
});
export type ModuleError = z.infer<typeof moduleErrorSchema>;

/** How far quantized weights W_q are from those W of the baseline that they stand for. */
export const quantizationSchema = z.strictObject({
  /** Those of the quantized weights that were compared, as the candidate's `dtypes` name them. */
  formats: z.array(z.string()).min(1),
  /** Over all of them. */
  error: z.number().nonnegative(),
  /** The largest error first. */
  modules: z.array(moduleErrorSchema).min(1),
  /**
   * Quantized matrices that were not compared: the baseline does not have them, they are not finite, or too large for
   * the memory.
   */
  notCompared: count,
});
export type Quantization = z.infer<typeof quantizationSchema>;
