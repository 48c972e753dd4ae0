import { z } from 'zod';
import {
  architectureSchema,
  componentSchema,
  groupSchema,
  identitySchema,
  moduleSchema,
  ofSchema,
  tensorSchema,
} from './measurement.ts';

export const REPORT_SCHEMA = 'shadow-gate/report@1';

export const VERDICTS = ['pass', 'warn', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const LEVELS = ['info', 'warn', 'fail', 'inconclusive'] as const;

/** Why the verdict is what it is: one line a person can check. `info` reasons explain and never change the verdict. */
export const reasonSchema = z.strictObject({
  level: z.enum(LEVELS),
  /** Which rule or check spoke: `mlpAttentionRatio`, `spike`, `non-finite`, `rank-loss`, `invalid-comparison`, … */
  rule: z.string(),
  metric: z.string(),
  /** Of W or of ΔW; null for what is neither, such as a missing baseline. */
  of: ofSchema.nullable(),
  /** A tensor's name, or `model`, or `q_proj` (a module type). Comes from a checkpoint: escape it. */
  place: z.string(),
  candidate: z.union([z.number(), z.string()]).nullable(),
  baseline: z.union([z.number(), z.string()]).nullable(),
  /** What was allowed: {relative: 0.08}, {absolute: …}, {robustZ: 3.5}; null where nothing is tolerated. */
  tolerance: z.record(z.string(), z.number()).nullable(),
  message: z.string(),
});
export type Reason = z.infer<typeof reasonSchema>;

/** One row of the table of shadow deltas: candidate − baseline of one metric of the model or of one module type. */
export const shadowDeltaSchema = z.strictObject({
  metric: z.string(),
  of: ofSchema,
  component: componentSchema,
  /** Null: the whole model. */
  module: moduleSchema.nullable(),
  baseline: z.number().nullable(),
  candidate: z.number().nullable(),
  change: z.number().nullable(),
  relativeChange: z.number().nullable(),
  level: z.enum(LEVELS),
});
export type ShadowDelta = z.infer<typeof shadowDeltaSchema>;

const subjectSchema = z.strictObject({
  path: z.string(),
  digest: z.string(),
  measured: z.string(),
  architecture: architectureSchema,
  parameters: z.number().int(),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  verdict: z.enum(VERDICTS),
  reasons: z.array(reasonSchema),
  candidate: subjectSchema,
  /** Null: there is no baseline. */
  baseline: subjectSchema.nullable(),
  reference: identitySchema.extend({ path: z.string() }).nullable(),
  /** Path of the policy file; null: the defaults. */
  policy: z.string().nullable(),
  shadowDeltas: z.array(shadowDeltaSchema),
  /** The candidate's groups and, where there is a baseline, the baseline's. */
  groups: z.strictObject({ candidate: z.array(groupSchema), baseline: z.array(groupSchema) }),
  /** The candidate's matrices, for the details. */
  tensors: z.array(tensorSchema),
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  durationSeconds: z.number(),
  device: z.string(),
});
export type Report = z.infer<typeof reportSchema>;
