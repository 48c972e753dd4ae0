import { UserError } from '@shadow-gate/platform';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { BenchmarkDocument, BenchmarkMetric } from './benchmarks.ts';

/** Mean and its standard error, s/√n with n − 1 in s; the error is null for fewer than two values. */
export function meanAndError(values: readonly number[]): { readonly value: number; readonly stderr: number | null } {
  const own = [...values];
  return { value: mean(own), stderr: own.length < 2 ? null : sampleStandardDeviation(own) / Math.sqrt(own.length) };
}

/** Sums of floating-point numbers depend on their order. */
const ROUNDING = 1e-9;

/** Check that a mean is that of the documents, if all have a value. @throws UserError with both numbers */
export function expectMean(
  { metric, filter, value }: BenchmarkMetric,
  documents: readonly BenchmarkDocument[],
  index: number,
  file: string,
): void {
  const values = documents.flatMap((document) => document.values[index] ?? []);
  if (value === null || values.length === 0 || values.length !== documents.length) return;
  const own = values.reduce((sum, one) => sum + one, 0) / values.length;
  if (Math.abs(own - value) <= ROUNDING * Math.max(1, Math.abs(value))) return;
  throw new UserError(
    `${file}: the mean of ${metric} (${filter}) is ${own}, and the results have ${value}`,
    'give the samples and the results of one run',
  );
}
