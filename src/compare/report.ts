import { sha256 } from '@shadow-gate/platform/files';
import { z } from 'zod';
import {
  architectureSchema,
  groupSchema,
  identitySchema,
  quantizationSchema,
  runSchema,
  tensorSchema,
  vocabularyRowsSchema,
} from '../measure/schema/index.ts';
import { type Finding, findingSchema } from './finding.ts';
import { benchmarkRowSchema, benchmarkTwinsSchema, suiteRowSchema } from './rows/benchmarks.ts';
import { calibrationReportSchema } from './rows/calibration.ts';
import { VERDICTS, type Verdict } from './rows/fields.ts';
import { sliceRowSchema } from './rows/losses.ts';
import { ownTextRowSchema } from './rows/own-text.ts';
import { probeReportSchema } from './rows/probes.ts';
import { protocolRowSchema } from './rows/protocol.ts';
import { appliedPolicySchema, metricDeltaSchema, spectraReportSchema } from './rows/spectra.ts';
import { trendSchema } from './rows/trend.ts';
import { sortFindings, verdictOf } from './verdict/verdict.ts';

export { VERDICTS, type Verdict } from './rows/fields.ts';
export type { ProbeReport } from './rows/probes.ts';
export type { MetricDelta } from './rows/spectra.ts';

export const REPORT_SCHEMA = 'shadow-gate/report@1';

/** The exit codes of the command line, which are an interface: do not change them. An error is 2. */
export const VERDICT_EXIT = { pass: 0, warn: 0, fail: 1, inconclusive: 3 } as const satisfies Record<Verdict, number>;

const subjectSchema = z.strictObject({
  path: z.string(),
  digest: z.string(),
  /** Digest of tokenizer, templates, sampling defaults and code; null for a model at a server, and in older reports. */
  behaviorFiles: z.string().nullable().default(null),
  measured: z.string(),
  architecture: architectureSchema,
  parameters: z.number().int(),
  /** Tensors by dtype, or by the name of their quantized format; none in older reports. */
  dtypes: identitySchema.shape.dtypes.default({}),
  /** The commit that its measurement was read from; null for a file or a checkpoint on the disk. */
  commit: z.string().nullable().default(null),
  /** Path, artifact or cache entry it was given as. Null for the candidate, and in reports of version 0.2. */
  name: z.string().nullable().default(null),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  verdict: z.enum(VERDICTS),
  /** The worst first. report.json has them as `reasons`. */
  findings: z.array(findingSchema),
  candidate: subjectSchema,
  baseline: subjectSchema.nullable(),
  reference: identitySchema.extend({ path: z.string() }).nullable(),
  /** Path of the policy file; null: the defaults. */
  policy: z.string().nullable(),
  /** `sha256:…` of its text. Absent for the defaults, and in reports of version 0.2. */
  policyDigest: z.string().optional(),
  /** What it says, and how near the candidate came to each limit. Absent in reports of version 0.2. */
  applied: appliedPolicySchema.optional(),
  shadowDeltas: z.array(metricDeltaSchema),
  groups: z.strictObject({ candidate: z.array(groupSchema), baseline: z.array(groupSchema) }),
  tensors: z.array(tensorSchema),
  /** What the page needs in addition, such as the baseline's matrices. Absent in reports of version 0.2.0. */
  spectra: spectraReportSchema.optional(),
  /** Matrices that were screened first and then measured in full; absent where nothing was screened. */
  screening: z.strictObject({ completed: runSchema.shape.completedSpectra.unwrap() }).optional(),
  /** Null: no quantized weights of the candidate were compared with the baseline's, as in older reports. */
  quantization: quantizationSchema.nullable().default(null),
  /** Embedding and output matrix by rows. Absent where there were no other weights, and in older reports. */
  vocabularyRows: z.array(vocabularyRowsSchema).optional(),
  /** Null: no known-good checkpoints were given, or no spectra were measured, as in older reports. */
  calibration: calibrationReportSchema.nullable().default(null),
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  probes: probeReportSchema.nullable().default(null),
  /** Absent where the baseline drew none or the candidate did not read it, and in reports up to version 0.3. */
  ownText: ownTextRowSchema.optional(),
  /** What the chat template writes at each kind of place. Absent where one side was not asked, and in older reports. */
  protocol: z.array(protocolRowSchema).min(1).optional(),
  /** By metric and filter of comparable tasks and groups; null unless the candidate comes from logs. */
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

/** @throws Error if the report is not valid by its own schema, for example with a NaN: nobody could read it back */
export function completeReport(report: Omit<Report, 'findings' | 'verdict'>, found: readonly Finding[]): Report {
  const findings = sortFindings(found);
  const complete = { ...report, verdict: verdictOf(findings), findings };
  const parsed = reportSchema.safeParse(complete);
  if (parsed.success) return complete;
  const [issue] = parsed.error.issues;
  throw new Error(`the report is not valid: ${issue?.path.join('.')}: ${issue?.message}`);
}
