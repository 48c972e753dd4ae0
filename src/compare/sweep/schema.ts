import { z } from 'zod';
import { ofSchema } from '../../measure/schema/index.ts';
import { bothSchema, count, estimateSchema, VERDICTS } from '../rows/fields.ts';

export const SWEEP_SCHEMA = 'shadow-gate/sweep@1';

const probability = z.number().min(0).max(1);

/** Accuracies, and the change with the interval of the policy's `confidence`. */
const accuracySchema = z.strictObject({ baseline: z.number(), candidate: z.number(), change: estimateSchema });

/** Loss of twin accuracy over all twins of families that can show one, as reported for the checkpoint. */
const lossSchema = z.strictObject({
  change: z.number(),
  twins: count,
  lost: count,
  won: count,
  /** One-sided, of this checkpoint alone. */
  p: probability,
  /** After Holm's adjustment for all checkpoints of the sweep. */
  adjusted: probability,
  /** The level at which either shows a loss. */
  alpha: probability,
  /** Whether the report has this loss as a finding, also by the adjusted p. */
  shown: z.enum(['no', 'unadjusted', 'adjusted']),
});

const namedSchema = z.strictObject({
  /** Folder inside the folder of the sweep. */
  name: z.string(),
  path: z.string(),
  /** The training step by the name; null: not every name has one. */
  step: count.nullable(),
});
export type NamedCheckpoint = z.infer<typeof namedSchema>;

const checkedSchema = namedSchema.extend({
  status: z.literal('checked'),
  digest: z.string(),
  /** An earlier checkpoint that is the same model. */
  sameAs: z.string().nullable(),
  /** For this checkpoint alone. */
  verdict: z.enum(VERDICTS),
  message: z.string(),
  benchmark: accuracySchema.nullable(),
  twin: accuracySchema.nullable(),
  shadowDelta: estimateSchema.nullable(),
  /** Null: the exam gained too little. */
  transfer: estimateSchema.nullable(),
  spectrum: bothSchema.extend({ metric: z.string(), of: ofSchema }).nullable(),
  loss: lossSchema.nullable(),
  /** Only a loss that the adjusted p does not show makes it fail. */
  failsOnlyUnadjusted: z.boolean(),
});
export type CheckedRow = z.infer<typeof checkedSchema>;

const unmeasuredSchema = namedSchema.extend({
  status: z.literal('unmeasured'),
  verdict: z.literal('inconclusive'),
  message: z.string(),
});
export type UnmeasuredRow = z.infer<typeof unmeasuredSchema>;

const sweepRowSchema = z.discriminatedUnion('status', [checkedSchema, unmeasuredSchema]);
export type SweepRow = z.infer<typeof sweepRowSchema>;

const bestSchema = z.strictObject({
  /** Accuracy on all twins, or in benchmark form if a checkpoint has no twins. */
  by: z.enum(['twin', 'benchmark']),
  /** Different models, including those that may not be merged. */
  models: count,
  alpha: probability,
  /** Null: none is shown to be best. */
  name: z.string().nullable(),
  /** Highest accuracy among those that may be merged. */
  top: z.string(),
  /** Each other model that may be merged, on the same questions. */
  rivals: z.array(
    z.strictObject({
      name: z.string(),
      /** Lead of the top, with one-sided bounds at `alpha` ÷ (models − 1). Null: other questions. */
      lead: estimateSchema.nullable(),
      /** Exact, one-sided, for a lead. */
      p: probability.nullable(),
      /** By the bound and the exact test. */
      isBehind: z.boolean(),
    }),
  ),
});
export type Best = z.infer<typeof bestSchema>;

/** sweep.json. */
export const sweepSchema = z.strictObject({
  schema: z.literal(SWEEP_SCHEMA),
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  verdict: z.enum(VERDICTS),
  baseline: z.strictObject({ name: z.string().nullable(), digest: z.string() }),
  policy: z.string().nullable(),
  /** Level of the intervals of changes, two-sided. */
  confidence: probability,
  /** Different models whose loss is tested: for Holm's adjustment. */
  tests: count,
  /** In the order of their steps, or as given. */
  checkpoints: z.array(sweepRowSchema).min(1),
  /** Null: none pass or warn, or there is just one model. */
  best: bestSchema.nullable(),
});
export type Sweep = z.infer<typeof sweepSchema>;
