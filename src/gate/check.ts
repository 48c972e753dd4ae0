import { findPolicy } from '../policy/load.ts';
import { UserError } from '../user-error.ts';
import { type BaselineSource, readBaseline } from './baseline.ts';
import { compare } from './compare.ts';
import { type MeasureOptions, measure, openMeasuredReference } from './measure.ts';
import type { ProbeOrder } from './measure-probes.ts';
import type { Measurement } from './measurement.ts';
import { type Half, orderProbes, resolveSeed, type SeedChoice } from './order-probes.ts';
import type { Report } from './report.ts';

export type { DeviceChoice } from '../onnx/device.ts';
export type { Progress } from './measure-spectra.ts';

export interface CheckOptions
  extends Omit<MeasureOptions, 'onSpectrum' | 'isWanted' | 'reference' | 'spectra' | 'probes' | 'shard'> {
  /** Path of the weights that the checkpoint was trained from: also measure ΔW. */
  readonly reference?: string | undefined;
  /** A measurement file, or a checkpoint that is measured the same way. A path where nothing is, is a missing baseline. */
  readonly baseline?: string | undefined;
  /** The baseline itself, where its path is not to be read from the disk. */
  readonly approved?: BaselineSource | undefined;
  /** Policy file; without one, `shadow-gate.yml` in the working directory if it is there, else the defaults. */
  readonly policy?: string | undefined;
  /** One half of the gate; both if missing. */
  readonly only?: Half | undefined;
  /** Of the probes; that of the baseline if missing. */
  readonly seed?: SeedChoice | undefined;
  readonly budgetSeconds?: number | undefined;
  readonly chatTemplate?: boolean | undefined;
}

export interface CheckResult {
  readonly measurement: Measurement;
  readonly report: Report;
}

/**
 * The gate: measure the candidate, compare it with the baseline under the policy, and say a verdict.
 * @throws UserError for anything that the user can mend
 */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const { baseline, approved: given, policy, reference, only, seed, budgetSeconds, chatTemplate, ...rest } = options;
  // First what fails fast: nobody waits for a measurement to learn of a typing error in the policy.
  const found = await findPolicy(policy);
  const source: BaselineSource = given ?? (baseline === undefined ? { kind: 'missing' } : await readBaseline(baseline));
  if (source.kind === 'checkpoint' && rest.endpoint) {
    throw new UserError('the endpoint answers for one model, and the baseline is another checkpoint', BASELINE_MEND);
  }
  const order = await orderProbes(found, { only, budgetSeconds, chatTemplate, seed: chooseSeed(seed, source) });
  const origin = await openMeasuredReference(reference);
  const spectra = only !== 'probes';
  const measurement = await measure({ ...rest, spectra, reference: origin, probes: order });
  const approved =
    source.kind === 'checkpoint'
      ? await measure({
          ...rest,
          spectra,
          checkpoint: source.path,
          reference: origin,
          probes: order && askedOf(order, measurement),
        })
      : source.kind === 'measurement'
        ? source.measurement
        : null;
  const report = compare({
    candidate: measurement,
    baseline: approved,
    baselinePath: baseline ?? null,
    baselineCommit: source.kind === 'measurement' ? source.commit : null,
    ...found,
  });
  return { measurement, report };
}

const BASELINE_MEND = 'measure it at its own endpoint first, and give that file';

/** A fresh seed makes no sense against answers to another one: then the baseline has to be asked as well. */
function chooseSeed(choice: SeedChoice | undefined, source: BaselineSource): number {
  const theirs = source.kind === 'measurement' ? source.measurement.probes : null;
  if (choice === 'rotate' && source.kind === 'measurement') {
    throw new UserError(
      '--seed rotate asks both models anew, and the baseline is a measurement',
      'give the checkpoint of the baseline',
    );
  }
  if (choice === undefined && theirs?.status === 'measured') return theirs.seed;
  return resolveSeed(choice);
}

/** The baseline is asked what the candidate was asked: a budget may have left no time for the rest. */
function askedOf(order: ProbeOrder, { probes }: Measurement): ProbeOrder | null {
  if (probes?.status !== 'measured') return order;
  if (probes.items.length === 0) return null;
  const asked = new Set(probes.items.map(({ suite, id }) => JSON.stringify([suite, id])));
  const suites = order.suites.map((suite) => ({
    ...suite,
    items: suite.items.filter(({ id }) => asked.has(JSON.stringify([suite.name, id]))),
  }));
  return { ...order, suites, budgetSeconds: null };
}
