import type { Measurement } from './measurement.ts';
import type { Report } from './report.ts';

export type DeviceChoice = 'auto' | 'cpu' | 'cuda' | 'webgpu';

export interface Progress {
  /** Matrices done so far and in all. */
  done: number;
  total: number;
  /** The matrix that was just finished. */
  name: string;
}

export interface CheckOptions {
  checkpoint: string;
  reference?: string | undefined;
  /** A measurement file, or a checkpoint that is measured the same way. A path that does not exist is a missing baseline. */
  baseline?: string | undefined;
  /** Policy file; without it the defaults hold. */
  policy?: string | undefined;
  device?: DeviceChoice | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface CheckResult {
  measurement: Measurement;
  report: Report;
}

/**
 * The gate: measure the candidate, compare it with the baseline under the policy, and say a verdict.
 * @throws UserError for anything that the user can mend
 */
export async function check(_options: CheckOptions): Promise<CheckResult> {
  throw new Error('not written yet');
}
