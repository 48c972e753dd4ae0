import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Mean and its standard error, s/√n with n − 1 in s; the error is null for fewer than two values. */
export function meanAndError(values: readonly number[]): { readonly value: number; readonly stderr: number | null } {
  const own = [...values];
  return { value: mean(own), stderr: own.length < 2 ? null : sampleStandardDeviation(own) / Math.sqrt(own.length) };
}
