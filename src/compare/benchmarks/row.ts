import { z } from 'zod';

const count = z.int().nonnegative();
const reported = z.strictObject({ value: z.number().nullable(), stderr: z.number().nullable() });

/**
 * One metric of a task or group under one filter, on both sides: a row of the table of benchmarks. Only tasks that may be compared
 * have rows.
 */
export const benchmarkRowSchema = z.strictObject({
  task: z.string(),
  metric: z.string(),
  filter: z.string(),
  /** Documents, which both sides answered. */
  n: count,
  /** As the harness reported it. */
  baseline: reported,
  candidate: reported,
  /** Paired counts of a metric that is 1 where an answer is right and 0 where it is not; null for others. */
  bothRight: count.nullable(),
  onlyBaseline: count.nullable(),
  onlyCandidate: count.nullable(),
  bothWrong: count.nullable(),
  /** Exact two-sided McNemar test. */
  p: z.number().nullable(),
});
export type BenchmarkRow = z.infer<typeof benchmarkRowSchema>;
