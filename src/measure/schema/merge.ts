import { MERGE_STATUSES } from '@shadow-gate/spectra/merge-status';
import { z } from 'zod';

const count = z.int().nonnegative();

/** Reasons why a weight could not be judged. */
const UNMERGED_STATUSES = ['notInCheckpoint', 'notInReference', 'otherShape', 'unreadable'] as const;

/** Files of older versions name two mistakes that would explain a weight; it is `different`. */
const OLDER_STATUSES = ['wrongFactor', 'withoutMagnitude'] as const;

const mergedWeightSchema = z.strictObject({
  /** The name in the checkpoint; in the adapter if the checkpoint lacks it. */
  name: z.string(),
  /** `saved`: stored whole with the adapter (`modules_to_save`); it has no rank, scale, residual or coefficient. */
  kind: z.enum(['lora', 'dora', 'saved']),
  rank: z.int().positive().nullable(),
  /** s of s·BA: alpha/r, or alpha/√r of rsLoRA. */
  scale: z.number().nullable(),
  status: z.enum([...MERGE_STATUSES, ...UNMERGED_STATUSES, ...OLDER_STATUSES]),
  /** r = ‖W − (W₀ + s·BA)‖ ÷ the expected rounding. */
  residual: z.number().nonnegative().nullable(),
  /** How often s·BA is in W − W₀: 1 as it should be, 0 not applied, 2 applied twice. */
  coefficient: z.number().nullable(),
});
export type MergedWeightMeasurement = z.infer<typeof mergedWeightSchema>;

/** Is the checkpoint the merge of an adapter into the reference? */
export const mergeSchema = z.strictObject({
  adapter: z.strictObject({
    /** `sha256:…` over names, shapes, dtypes and bytes of all tensors and the configuration. */
    digest: z.string(),
    tensors: count,
    parameters: count,
    /** In files of older versions. */
    isRankStabilized: z.boolean().optional(),
  }),
  weights: z.array(mergedWeightSchema),
  /** Tensors that the adapter does not change must equal those of the reference. */
  others: z.strictObject({
    equal: count,
    unequal: z.array(z.strictObject({ name: z.string(), change: z.enum(['changed', 'missing', 'added']) })),
  }),
  /** Tensors of the adapter with NaN or Inf. */
  nonFinite: z.array(z.strictObject({ name: z.string(), nan: count, inf: count })),
});
export type MergeMeasurement = z.infer<typeof mergeSchema>;
