import { existsSync } from 'node:fs';
import { loadPolicy } from '../policy/load.ts';
import { DEFAULT_POLICY } from '../policy/policy.ts';
import { readBaseline } from './baseline.ts';
import { compare } from './compare.ts';
import { type MeasureOptions, measure } from './measure.ts';
import type { Measurement } from './measurement.ts';
import type { Report } from './report.ts';

export type { DeviceChoice } from '../onnx/device.ts';
export type { Progress } from './measure.ts';

export interface CheckOptions extends Omit<MeasureOptions, 'onSpectrum' | 'isWanted'> {
  /** A measurement file, or a checkpoint that is measured the same way. A path where nothing is, is a missing baseline. */
  readonly baseline?: string | undefined;
  /** Policy file; without one, `shadow-gate.yml` in the working directory if it is there, else the defaults. */
  readonly policy?: string | undefined;
}

export interface CheckResult {
  readonly measurement: Measurement;
  readonly report: Report;
}

const DEFAULT_POLICY_FILE = 'shadow-gate.yml';

/**
 * The gate: measure the candidate, compare it with the baseline under the policy, and say a verdict.
 * @throws UserError for anything that the user can mend
 */
export async function check({ baseline, policy, ...options }: CheckOptions): Promise<CheckResult> {
  // First what fails fast: nobody waits for a measurement to learn of a typing error in the policy.
  const policyPath = policy ?? (existsSync(DEFAULT_POLICY_FILE) ? DEFAULT_POLICY_FILE : null);
  const rules = policyPath === null ? DEFAULT_POLICY : await loadPolicy(policyPath);
  const source = baseline === undefined ? { kind: 'missing' as const } : await readBaseline(baseline);
  const measurement = await measure(options);
  const approved =
    source.kind === 'measurement'
      ? source.measurement
      : source.kind === 'checkpoint' && baseline !== undefined
        ? await measure({ ...options, checkpoint: baseline })
        : null;
  const report = compare({
    candidate: measurement,
    baseline: approved,
    baselinePath: baseline ?? null,
    policy: rules,
    policyPath,
  });
  return { measurement, report };
}
