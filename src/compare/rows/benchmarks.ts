import { z } from 'zod';
import { SUITE_LEVELS } from '../../policy/suite-tier.ts';
import { count, estimateSchema } from './fields.ts';

/** Why a task may not be compared, the clearest first. */
export const BENCHMARK_DIFFERENCES = [
  'harness',
  /** One side did not run it. */
  'task',
  /** One side did not log its answers. */
  'samples',
  'version',
  'shots',
  /** Another number of answers to each request. */
  'repeats',
  /** Other metrics or filters, or other definitions of them. */
  'scoring',
  'members',
  'documents',
  /** Other prompts, because of … */
  'chat-template',
  'system-instruction',
  /** … or for another reason, such as other few-shot examples. */
  'prompts',
  /** Other choices, or other arguments of the generation. */
  'requests',
  'targets',
] as const;

const reported = z.strictObject({ value: z.number().nullable(), stderr: z.number().nullable() });
export const benchmarkRowSchema = z.strictObject({
  task: z.string(),
  metric: z.string(),
  filter: z.string(),
  n: count,
  /** Passages, and documents without one; absent if no document names one. */
  units: count.optional(),
  /** As the harness reported it. */
  baseline: reported,
  candidate: reported,
  /** Sampled answers to each document, on average; absent of one. */
  samples: z.number().gt(1).optional(),
  /** Candidate − baseline over documents, if answers are right or wrong; null for other metrics. */
  change: z.strictObject({ value: z.number(), stderr: z.number().nullable() }).nullable().default(null),
  /** Paired counts of a metric that is 0 or 1; null for others, and for samples. */
  bothRight: count.nullable(),
  onlyBaseline: count.nullable(),
  onlyCandidate: count.nullable(),
  bothWrong: count.nullable(),
  /** Exact two-sided sign-flip test over documents: of one answer each McNemar's. */
  p: z.number().nullable(),
});
/** Why twins of a benchmark show nothing about its gain. */
export const TWINS_GAPS = [
  'no-twins',
  'too-few',
  'overlap',
  /** They are all right, or nobody is better than guessing. */
  'no-room',
  'unclear',
] as const;
export type TwinsGap = (typeof TWINS_GAPS)[number];

export const benchmarkTwinsSchema = z.strictObject({
  benchmark: z.string(),
  twins: z.string(),
  gain: estimateSchema,
  twinGain: estimateSchema,
  delta: estimateSchema,
  /** In chance-corrected log-odds; null where the benchmark gained less than the policy's `minimum-gain`. */
  transfer: estimateSchema.nullable(),
});

export type BenchmarkRow = z.infer<typeof benchmarkRowSchema>;

/** One suite or benchmark: only if the policy sets something for single suites. */
export const suiteRowSchema = z.strictObject({
  /** Name of a file, a task or a group. */
  suite: z.string(),
  level: z.enum(SUITE_LEVELS),
  required: z.boolean(),
  /** Whether a loss could show. Null: not compared at all. */
  isJudged: z.boolean().nullable(),
  /** Facts, or documents. */
  items: z.int().nonnegative(),
  /** Expected accuracy where likelihoods judge, else accuracy: of twins, where it has some. */
  baseline: z.number().nullable(),
  candidate: z.number().nullable(),
  /** `lower` is a one-sided bound at the policy's `alpha`. */
  change: z.strictObject({ value: z.number(), lower: z.number().nullable() }).nullable(),
  /** The smallest loss that is reported. */
  limit: z.number(),
});
export type SuiteRow = z.infer<typeof suiteRowSchema>;
