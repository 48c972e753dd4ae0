import { compare } from '../compare/compare.ts';
import type { Report } from '../compare/report.ts';
import { measure, openMeasuredReference } from '../measure/measure.ts';
import type { Half, MeasureOptions, ProbeRunOptions, SeedChoice } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/measurement.ts';
import type { Shard } from '../measure/shards/shard.ts';
import { UserError } from '../platform/user-error.ts';
import { type FoundPolicy, findPolicy } from '../policy/load.ts';
import { type BaselineSource, type ResolvedBaseline, readBaseline } from './read-baseline.ts';
import { resolveSeed, selectProbes } from './select-probes.ts';

export interface CheckOptions
  extends Omit<MeasureOptions, 'onSpectrum' | 'isWanted' | 'reference' | 'spectra' | 'probes' | 'shard'> {
  /** Path of the weights that the checkpoint was trained from: also measure ΔW. */
  readonly reference?: string | undefined;
  /** A measurement file, or a checkpoint that is measured the same way. A path where nothing is, is a missing baseline. */
  readonly baseline?: string | undefined;
  /** The baseline itself, where it is not read from the disk. */
  readonly approved?: ResolvedBaseline | undefined;
  /** Policy file; without one, `shadow-gate.yml` in the working directory if it is there, else the defaults. */
  readonly policy?: string | undefined;
  /** The policy itself, where it is not read from the disk. */
  readonly found?: FoundPolicy | undefined;
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
  const { found, baseline, settings } = await prepare(options);
  const candidate = await measure(settings);
  const { source } = baseline;
  const approved =
    source.kind === 'checkpoint'
      ? await measure({
          ...settings,
          checkpoint: source.path,
          probes: settings.probes && askedOf(settings.probes, candidate),
        })
      : source.kind === 'measurement'
        ? source.measurement
        : null;
  return { measurement: candidate, report: judge(candidate, approved, baseline, found) };
}

/**
 * The share of one of several machines in what `check` would measure of the candidate. Every machine takes the seed from the
 * same baseline.
 * @throws UserError for anything that the user can mend
 */
export async function measureShard(options: CheckOptions, shard: Shard): Promise<Measurement> {
  expectShareable(options);
  const { baseline, settings } = await prepare(options);
  expectMeasured(baseline);
  return measure({ ...settings, shard });
}

/**
 * What `check` would say of a candidate that is measured already.
 * @throws UserError for a policy that is wrong, and a baseline that is none
 */
export async function checkMeasured(
  candidate: Measurement,
  options: Pick<CheckOptions, 'baseline' | 'approved' | 'policy' | 'found'>,
): Promise<Report> {
  const found = options.found ?? (await findPolicy(options.policy));
  const baseline = options.approved ?? (await baselineOf(options.baseline));
  return judge(candidate, expectMeasured(baseline), baseline, found);
}

/** Everything that fails fast: nobody waits for a measurement to learn of a typing error in the policy. */
async function prepare(options: CheckOptions) {
  const { baseline: path, approved, policy, found: given, reference, ...rest } = options;
  const { only, seed, budgetSeconds, chatTemplate, ...settings } = rest;
  const found = given ?? (await findPolicy(policy));
  const baseline = approved ?? (await baselineOf(path));
  if (baseline.source.kind === 'checkpoint' && settings.endpoint) {
    throw new UserError('the endpoint answers for one model, and the baseline is another checkpoint', BASELINE_MEND);
  }
  const order = { only, budgetSeconds, chatTemplate, seed: chooseSeed(seed, baseline.source) };
  const probes = await selectProbes(found, order);
  const origin = await openMeasuredReference(reference);
  return { found, baseline, settings: { ...settings, spectra: only !== 'probes', reference: origin, probes } };
}

async function baselineOf(path: string | undefined): Promise<Approved> {
  return path === undefined
    ? { source: { kind: 'missing' }, name: null }
    : { source: await readBaseline(path), name: path };
}

/** An `ApprovedBaseline`, or that none was asked for. */
type Approved = Omit<ResolvedBaseline, 'name'> & { readonly name: string | null };

function expectMeasured({ source }: Approved): Measurement | null {
  if (source.kind === 'checkpoint') {
    throw new UserError(
      'several machines measure the candidate, and the baseline is a checkpoint that none of them measures',
      'give a measurement of it',
    );
  }
  return source.kind === 'measurement' ? source.measurement : null;
}

function judge(
  candidate: Measurement,
  baseline: Measurement | null,
  { source, name }: Approved,
  found: FoundPolicy,
): Report {
  return compare({
    candidate,
    baseline,
    baselinePath: name,
    baselineCommit: source.kind === 'measurement' ? source.commit : null,
    ...found,
  });
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
function askedOf(order: ProbeRunOptions, { probes }: Measurement): ProbeRunOptions | null {
  if (probes?.status !== 'measured') return order;
  if (probes.items.length === 0) return null;
  const asked = new Set(probes.items.map(({ suite, id }) => JSON.stringify([suite, id])));
  const suites = order.suites.map((suite) => ({
    ...suite,
    items: suite.items.filter(({ id }) => asked.has(JSON.stringify([suite.name, id]))),
  }));
  return { ...order, suites, budgetSeconds: null };
}

/**
 * Refuse what several machines cannot do alike.
 * @throws UserError
 */
export function expectShareable({
  seed,
  budgetSeconds,
}: {
  seed?: SeedChoice | undefined;
  budgetSeconds?: number | undefined;
}): void {
  if (budgetSeconds !== undefined) {
    throw new UserError(
      'a budget asks as much as the machine is fast, and shards must ask the same',
      'leave out the budget, or the shard',
    );
  }
  if (seed === 'rotate') {
    throw new UserError('every shard would draw a seed of its own', 'draw one number and give it to all of them');
  }
}
