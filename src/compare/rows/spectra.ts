import { metricsSchema } from '@shadow-gate/spectra/metrics-schema';
import { z } from 'zod';
import { componentSchema, moduleSchema, ofSchema, tensorSchema } from '../../measure/schema/index.ts';
import { policySchema } from '../../policy/policy.ts';
import { count, SEVERITY, scopeSchema } from './fields.ts';

export const metricDeltaSchema = z.strictObject({
  metric: z.string(),
  of: ofSchema,
  component: componentSchema,
  /** Null: the whole model. */
  module: moduleSchema.nullable(),
  baseline: z.number().nullable(),
  candidate: z.number().nullable(),
  change: z.number().nullable(),
  relativeChange: z.number().nullable(),
  level: z.enum(SEVERITY),
  /** Bounds of the candidate's number, if matrices were screened. */
  bounds: z.strictObject({ low: z.number(), high: z.number() }).optional(),
});
export type MetricDelta = z.infer<typeof metricDeltaSchema>;

const SHOWN = {
  frobeniusNorm: true,
  stableRank: true,
  effectiveRank: true,
  rank: true,
  topEnergy: true,
  snr: true,
  updateSize: true,
} as const;

/** A matrix of the baseline, like the candidate's of the same name in place and shape. Older versions need all keys. */
const baselineMatrixSchema = tensorSchema
  .pick({ of: true, name: true, status: true, method: true, spectrum: true })
  .extend({ metrics: metricsSchema.pick(SHOWN).nullable() });
export type BaselineMatrix = z.infer<typeof baselineMatrixSchema>;

export const spectraReportSchema = z.strictObject({
  /** Only comparable matrices. */
  baseline: z.array(baselineMatrixSchema).nullable(),
});
export type SpectraReport = z.infer<typeof spectraReportSchema>;

const appliedRuleSchema = z.strictObject({
  metric: z.string(),
  of: ofSchema,
  statistic: z.enum(['median', 'weightedMean', 'each']),
  /** Null: all module types. */
  modules: z.array(moduleSchema).nullable(),
  direction: z.enum(['up', 'down', 'any']),
  absolute: z.number(),
  relative: z.number(),
  level: z.enum(['info', 'warn', 'fail']),
  /** `low-rank`: a default for updates of low rank. */
  source: z.enum(['policy', 'default', 'low-rank']),
  judged: count,
  /** The number nearest to the limit, or furthest beyond it. */
  nearest: z
    .strictObject({
      scope: scopeSchema,
      baseline: z.number(),
      candidate: z.number(),
      /** Certain movement in the direction of the rule, and its limit, in the unit of the metric. */
      movement: z.number(),
      limit: z.number(),
    })
    .nullable(),
});
export type ReportedRule = z.infer<typeof appliedRuleSchema>;

/** The policy as it was applied: its file may have changed since. */
export const appliedPolicySchema = z.strictObject({
  rules: z.array(appliedRuleSchema),
  /** Every other key of the policy, with defaults; the suites are in `probes`. */
  settings: policySchema.omit({ rules: true, probes: true }),
});
export type AppliedPolicy = z.infer<typeof appliedPolicySchema>;
export type AppliedSettings = AppliedPolicy['settings'];
