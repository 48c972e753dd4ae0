import { findPolicy } from '../policy/load.ts';
import { type BaselineSource, readBaseline } from './baseline.ts';
import { compare } from './compare.ts';
import { type MeasureOptions, measure, openMeasuredReference } from './measure.ts';
import type { Measurement } from './measurement.ts';
import type { Report } from './report.ts';

export type { DeviceChoice } from '../onnx/device.ts';
export type { Progress } from './measure.ts';

export interface CheckOptions extends Omit<MeasureOptions, 'onSpectrum' | 'isWanted' | 'reference'> {
  /** Path of the weights that the checkpoint was trained from: also measure ΔW. */
  readonly reference?: string | undefined;
  /** A measurement file, or a checkpoint that is measured the same way. A path where nothing is, is a missing baseline. */
  readonly baseline?: string | undefined;
  /** Policy file; without one, `shadow-gate.yml` in the working directory if it is there, else the defaults. */
  readonly policy?: string | undefined;
}

export interface CheckResult {
  readonly measurement: Measurement;
  readonly report: Report;
}

/**
 * The gate: measure the candidate, compare it with the baseline under the policy, and say a verdict.
 * @throws UserError for anything that the user can mend
 */
export async function check({ baseline, policy, reference, ...options }: CheckOptions): Promise<CheckResult> {
  // First what fails fast: nobody waits for a measurement to learn of a typing error in the policy.
  const found = await findPolicy(policy);
  const source: BaselineSource = baseline === undefined ? { kind: 'missing' } : await readBaseline(baseline);
  const origin = await openMeasuredReference(reference);
  const measurement = await measure({ ...options, reference: origin });
  const approved =
    source.kind === 'checkpoint'
      ? await measure({ ...options, checkpoint: source.path, reference: origin })
      : source.kind === 'measurement'
        ? source.measurement
        : null;
  const report = compare({ candidate: measurement, baseline: approved, baselinePath: baseline ?? null, ...found });
  return { measurement, report };
}
