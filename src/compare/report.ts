import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { sha256 } from '@shadow-gate/platform/files';
import { z } from 'zod';
import {
  architectureSchema,
  componentSchema,
  groupSchema,
  identitySchema,
  moduleSchema,
  ofSchema,
  precisionSchema,
  quantizationSchema,
  runSchema,
  tensorSchema,
} from '../measure/schema/index.ts';
import { appliedPolicySchema } from './checks/applied-policy.ts';
import { findingSchema, SEVERITY } from './finding.ts';
import { benchmarkRowSchema, benchmarkTwinsSchema } from './rows/benchmarks.ts';
import { calibrationReportSchema } from './rows/calibration.ts';
import { accuracyRowSchema, changeRowSchema, probeComparisonSchema, shadowRowSchema } from './rows/comparison.ts';
import { itemTableSchema } from './rows/item-table.ts';
import { VERDICTS, type Verdict } from './rows/severity.ts';
import { sliceRowSchema } from './rows/slices.ts';
import { suiteRowSchema } from './rows/suites.ts';
import { trendSchema } from './rows/trend.ts';
import { spectraReportSchema } from './spectra/spectra-report.ts';
import { mustPassRowSchema } from './tests/must-pass.ts';

export { VERDICTS, type Verdict } from './rows/severity.ts';

export const REPORT_SCHEMA = 'shadow-gate/report@1';

/** The exit codes of the command line, which are an interface: do not change them. An error is 2. */
export const VERDICT_EXIT = { pass: 0, warn: 0, fail: 1, inconclusive: 3 } as const satisfies Record<Verdict, number>;

/** candidate − baseline of one metric of the model or of one module type: a row of the metric table. */
const metricDeltaSchema = z.strictObject({
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
  /** What is certain of the candidate where that is too little for a number: matrices were screened. */
  bounds: z.strictObject({ low: z.number(), high: z.number() }).optional(),
});
export type MetricDelta = z.infer<typeof metricDeltaSchema>;

const subjectSchema = z.strictObject({
  path: z.string(),
  digest: z.string(),
  /**
   * Digest of its tokenizer, templates, sampling defaults and code, which `digest` is not of. Null where they were not
   * there, as for a model at a server, and in older reports.
   */
  behaviorFiles: z.string().nullable().default(null),
  measured: z.string(),
  architecture: architectureSchema,
  parameters: z.number().int(),
  /** Tensors by dtype, or by the name of their quantized format; none in older reports. */
  dtypes: identitySchema.shape.dtypes.default({}),
  /** The commit that its measurement was read from; null for a file or a checkpoint on the disk. */
  commit: z.string().nullable().default(null),
  /**
   * What it was given as: a path, an artifact or a cache entry. Null for the candidate, and in reports of version 0.2.
   */
  name: z.string().nullable().default(null),
});

/** The behavioral half: which probes ran, and how the answers compare with the baseline's. */
const probeReportSchema = z.strictObject({
  suites: z.array(
    z.strictObject({
      name: z.string(),
      items: z.number().int(),
      /** Marks a private benchmark: neither the report nor the measurement has its texts. Absent for others. */
      texts: z.literal('omitted').optional(),
    }),
  ),
  seed: z.number().int(),
  /** The seed of the order of asking; absent where everything was asked at once, and in older reports. */
  orderSeed: z.int().nonnegative().optional(),
  chatTemplate: z.boolean(),
  /**
   * Suites that were asked without the chat template that the candidate has. Absent where there are none, and in older
   * reports.
   */
  withoutTemplate: z.array(z.string()).min(1).optional(),
  budgetSeconds: z.number().nullable(),
  /** Items that the candidate answered. */
  asked: z.number().int(),
  /** Absent where everything was asked. */
  sequential: z
    .strictObject({
      /**
       * What the rest could not change any more, but for a probability of `alpha`. Null: a time limit ended it, or
       * nothing is settled.
       */
      settled: z.enum(['pass', 'fail']).nullable(),
      alpha: z.number(),
      /** Asked, and of so many that the baseline was asked. */
      facts: z.int().nonnegative(),
      allFacts: z.int().nonnegative(),
      items: z.int().nonnegative(),
      allItems: z.int().nonnegative(),
      blocks: z.int().nonnegative(),
      allBlocks: z.int().positive(),
      /**
       * Accuracies of the whole measurement of the baseline, over all facts and by capability; absent in reports of
       * version 0.2.0.
       */
      baseline: z
        .array(z.strictObject({ capability: z.string().nullable(), benchmark: z.number(), twin: z.number() }))
        .optional(),
    })
    .optional(),
  leftOut: z.array(z.strictObject({ suite: z.string(), id: z.string(), reason: z.string() })),
  /** The device or server that answered, and why. */
  by: z.string(),
  /** Null: the server does not say. Absent in reports of version 0.2.0. */
  precision: precisionSchema.nullable().optional(),
  /** Absent where all weights were in memory, and where a server does not say. */
  execution: z.literal(LAYER_BY_LAYER).optional(),
  seconds: z.number(),
  comparison: probeComparisonSchema,
  /** The first row over only those suites whose facts the seed draws. Null where there are none. */
  drawn: shadowRowSchema.nullable().default(null),
  /** Suites of which no question may be answered wrong, with those that are; absent without any. */
  mustPass: z.array(mustPassRowSchema).min(1).optional(),
  /** Accuracies by form with their intervals; none in older reports. */
  accuracies: z.array(accuracyRowSchema).default([]),
  /** How benchmark forms and twins changed; none without a baseline, and in older reports. */
  changes: z.array(changeRowSchema).default([]),
  /** The answers of both sides, item by item. Null in older reports. */
  items: itemTableSchema.nullable().default(null),
});
export type ProbeReport = z.infer<typeof probeReportSchema>;

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  verdict: z.enum(VERDICTS),
  /** The worst first. report.json has them as `reasons`. */
  findings: z.array(findingSchema),
  candidate: subjectSchema,
  /** Null: there is no baseline. */
  baseline: subjectSchema.nullable(),
  reference: identitySchema.extend({ path: z.string() }).nullable(),
  /** Path of the policy file; null: the defaults. */
  policy: z.string().nullable(),
  /** `sha256:…` of its text. Absent for the defaults, and in reports of version 0.2. */
  policyDigest: z.string().optional(),
  /** What it says, and how near the candidate came to each limit. Absent in reports of version 0.2. */
  applied: appliedPolicySchema.optional(),
  shadowDeltas: z.array(metricDeltaSchema),
  /** The candidate's groups and, where there is a baseline, the baseline's. */
  groups: z.strictObject({ candidate: z.array(groupSchema), baseline: z.array(groupSchema) }),
  /** The candidate's matrices, for the details. */
  tensors: z.array(tensorSchema),
  /** What the page needs in addition, such as the baseline's matrices. Absent in reports of version 0.2.0. */
  spectra: spectraReportSchema.optional(),
  /** Matrices that were screened first and then measured in full; absent where nothing was screened. */
  screening: z.strictObject({ completed: runSchema.shape.completedSpectra.unwrap() }).optional(),
  /** Null: no quantized weights of the candidate were compared with the baseline's, as in older reports. */
  quantization: quantizationSchema.nullable().default(null),
  /** Null: no known-good checkpoints were given, or no spectra were measured, as in older reports. */
  calibration: calibrationReportSchema.nullable().default(null),
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  /** Null: no probes ran. */
  probes: probeReportSchema.nullable().default(null),
  /**
   * One for each metric and filter of every task and group that may be compared; null unless the candidate comes from
   * logs.
   */
  benchmarks: z.array(benchmarkRowSchema).nullable().default(null),
  /** Benchmarks of logs that the policy gives group twins; absent without. */
  benchmarkTwins: z.array(benchmarkTwinsSchema).min(1).optional(),
  /** What counts for each suite and benchmark. Absent where the policy says nothing of any. */
  suites: z.array(suiteRowSchema).min(1).optional(),
  /** Slices of suites, the worst change first. Absent where the policy names none. */
  slices: z.array(sliceRowSchema).optional(),
  /** Only for a check with a history. */
  trend: trendSchema.nullable().default(null),
  durationSeconds: z.number(),
  device: z.string(),
});
export type Report = z.infer<typeof reportSchema>;

/** One digest of all that a verdict is about: weights, config and the files that decide how they are used. */
export function judgedDigest({ digest, behaviorFiles }: Report['candidate']): string {
  return behaviorFiles === null ? digest : `sha256:${sha256(`${digest} ${behaviorFiles}`)}`;
}
