import { z } from 'zod';
import { estimateSchema } from '../findings/fields.ts';

const count = z.int().nonnegative();
const reported = z.strictObject({ value: z.number().nullable(), stderr: z.number().nullable() });
/** Over documents. */
const change = z.strictObject({ value: z.number(), stderr: z.number().nullable() });

/**
 * One metric of a task or group under one filter, on both sides: a row of the table of benchmarks. Only tasks that may
 * be compared have rows.
 */
export const benchmarkRowSchema = z.strictObject({
  task: z.string(),
  metric: z.string(),
  filter: z.string(),
  /** Documents, which both sides answered. */
  n: count,
  /** Passages, and documents that are of none; absent where no document names one. */
  units: count.optional(),
  /** As the harness reported it. */
  baseline: reported,
  candidate: reported,
  /** Sampled answers to each document, on average; absent of one. */
  samples: z.number().gt(1).optional(),
  /** Candidate − baseline, where answers are right or wrong; null for other metrics. */
  change: change.nullable().default(null),
  /**
   * Paired counts of a metric that is 1 where an answer is right and 0 where it is not; null for others, and of
   * samples.
   */
  bothRight: count.nullable(),
  onlyBaseline: count.nullable(),
  onlyCandidate: count.nullable(),
  bothWrong: count.nullable(),
  /** Exact two-sided sign-flip test over documents: of one answer each McNemar's. */
  p: z.number().nullable(),
});
/** Why twins of a benchmark tell nothing of its gain. */
export const TWINS_GAPS = [
  /** It has none. */
  'no-twins',
  /** Fewer than 40 documents of either. */
  'too-few',
  /** They share documents. */
  'overlap',
  /** They are all right, or nobody is better than guessing. */
  'no-room',
  /** The intervals leave it open. */
  'unclear',
] as const;
export type TwinsGap = (typeof TWINS_GAPS)[number];

/** A benchmark of logs and its group twins: how much both gained, and how much of it carries over. */
export const benchmarkTwinsSchema = z.strictObject({
  benchmark: z.string(),
  twins: z.string(),
  gain: estimateSchema,
  twinGain: estimateSchema,
  /** The shadow delta. */
  delta: estimateSchema,
  /** In chance-corrected log-odds; null where the benchmark gained less than the policy's `minimum-gain`. */
  transfer: estimateSchema.nullable(),
});

export type BenchmarkRow = z.infer<typeof benchmarkRowSchema>;
