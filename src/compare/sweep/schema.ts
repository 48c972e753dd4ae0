import { z } from 'zod';
import { ofSchema } from '../../measure/schema/index.ts';
import { bothSchema, estimateSchema, VERDICTS } from '../rows/fields.ts';

export const SWEEP_SCHEMA = 'shadow-gate/sweep@1';

const count = z.int().nonnegative();
const probability = z.number().min(0).max(1);

/** Accuracies of baseline and checkpoint, and the change with the interval of the policy's `confidence`. */
const accuracySchema = z.strictObject({
  baseline: z.number(),
  candidate: z.number(),
  change: estimateSchema,
});

/** Loss of twin accuracy over all twins of families that can show one, as reported for the checkpoint. */
const lossSchema = z.strictObject({
  change: z.number(),
  twins: count,
  lost: count,
  won: count,
  /** One-sided, of this checkpoint alone. */
  p: probability,
  /** The same after Holm's adjustment for all checkpoints of the sweep. */
  adjusted: probability,
  /** The level at which either shows a loss. */
  alpha: probability,
  /** Whether the report has this loss as a finding, and whether the adjusted p would show it too. */
  shown: z.enum(['no', 'unadjusted', 'adjusted']),
});

const namedSchema = z.strictObject({
  /** The name of its folder, inside the folder of the sweep. */
  name: z.string(),
  path: z.string(),
  /** The training step that the name gives; null where not every name has one. */
  step: count.nullable(),
});
export type NamedCheckpoint = z.infer<typeof namedSchema>;

const checkedSchema = namedSchema.extend({
  status: z.literal('checked'),
  digest: z.string(),
  /** An earlier checkpoint of the sweep that is the same model; null for none. */
  sameAs: z.string().nullable(),
  /** As `check --all` gives it for this checkpoint alone. */
  verdict: z.enum(VERDICTS),
  /** The verdict in one sentence. */
  message: z.string(),
  benchmark: accuracySchema.nullable(),
  twin: accuracySchema.nullable(),
  shadowDelta: estimateSchema.nullable(),
  /** How much of a gain carries over to other forms; null where the exam gained too little. */
  transfer: estimateSchema.nullable(),
  /** The headline of the spectra. */
  spectrum: bothSchema.extend({ metric: z.string(), of: ofSchema }).nullable(),
  loss: lossSchema.nullable(),
  /** The verdict is `fail`, and nothing but a loss that the adjusted p does not show makes it one. */
  failsOnlyUnadjusted: z.boolean(),
});
export type CheckedRow = z.infer<typeof checkedSchema>;

/** A checkpoint that could not be measured: nothing is known of it. */
const unmeasuredSchema = namedSchema.extend({
  status: z.literal('unmeasured'),
  verdict: z.literal('inconclusive'),
  message: z.string(),
});
export type UnmeasuredRow = z.infer<typeof unmeasuredSchema>;

const sweepRowSchema = z.discriminatedUnion('status', [checkedSchema, unmeasuredSchema]);
export type SweepRow = z.infer<typeof sweepRowSchema>;

const bestSchema = z.strictObject({
  /** What is compared: accuracy on all twins, or in benchmark form where some checkpoint has no twins. */
  by: z.enum(['twin', 'benchmark']),
  /** Different models of the sweep, also those that may not be merged. */
  models: count,
  alpha: probability,
  /** Null: none is shown to be best. */
  name: z.string().nullable(),
  /** The one with the highest accuracy that may be merged. */
  top: z.string(),
  /** The top against each other model that may be merged, on the same questions; empty: there is no other. */
  rivals: z.array(
    z.strictObject({
      name: z.string(),
      /** Lead of the top, with one-sided bounds at `alpha` ÷ (models − 1). Null: other questions. */
      lead: estimateSchema.nullable(),
      /** Exact, one-sided, for a lead. */
      p: probability.nullable(),
      /** The bound is above 0, and the exact test agrees. */
      isBehind: z.boolean(),
    }),
  ),
});
export type Best = z.infer<typeof bestSchema>;

/** What `sweep` writes as sweep.json. */
export const sweepSchema = z.strictObject({
  schema: z.literal(SWEEP_SCHEMA),
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  verdict: z.enum(VERDICTS),
  baseline: z.strictObject({ name: z.string().nullable(), digest: z.string() }),
  /** Path of the policy file; null: the defaults. */
  policy: z.string().nullable(),
  /** Level of the intervals of changes, two-sided. */
  confidence: probability,
  /** Different models whose loss is tested, which Holm's adjustment is for. */
  tests: count,
  /** In the order of their steps, or as given. */
  checkpoints: z.array(sweepRowSchema).min(1),
  /** Among those that pass or warn; null where there is none, or just one model. */
  best: bestSchema.nullable(),
});
export type Sweep = z.infer<typeof sweepSchema>;
