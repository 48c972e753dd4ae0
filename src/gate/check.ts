import type { NamedCalibration } from '../compare/calibration/assess.ts';
import { type Comparison, compare, undecidedSpectra } from '../compare/compare.ts';
import type { ChangedInput } from '../compare/finding.ts';
import type { Report } from '../compare/report.ts';
import { mayScreen } from '../compare/screening/undecided.ts';
import { openMeasured } from '../measure/measure.ts';
import { measureQuantization } from '../measure/measure-quantization.ts';
import type { Endpoint, Half, MeasureOptions, ProbeRunOptions, Screening, SeedChoice } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/measurement.ts';
import { itemKey, type MeasuredProbes } from '../measure/schema/probes.ts';
import type { Quantization } from '../measure/schema/quantization.ts';
import type { Shard } from '../measure/shards/shard.ts';
import type { OnProgress } from '../platform/progress.ts';
import { UserError } from '../platform/user-error.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import { askSequentially } from './ask-sequentially.ts';
import { findCalibration } from './find-calibration.ts';
import { type CandidateOptions, measureCandidate, openCandidate, openOrigins } from './measure-candidate.ts';
import { expectFull, type ResolvedBaseline, readBaseline, servedBaseline } from './read-baseline.ts';
import { resolveSeed, selectProbes, withKnownLevels } from './select-probes.ts';

export interface CheckOptions
  extends Omit<
    MeasureOptions,
    'checkpoint' | 'onSpectrum' | 'isWanted' | 'screening' | 'reference' | 'adapter' | 'spectra' | 'probes' | 'shard'
  > {
  /** Without one, an endpoint has the candidate, of which behavior alone is measured. */
  readonly checkpoint?: string | undefined;
  /** What is declared to be at the endpoint, without a checkpoint. */
  readonly revision?: string | undefined;
  /** The server that has the baseline. */
  readonly baselineEndpoint?: Endpoint | undefined;
  /** Path of the weights that the checkpoint was trained from: also measure ΔW. */
  readonly reference?: string | undefined;
  /** Path of the adapter that was merged into the reference to make the checkpoint: also prove that merge. */
  readonly adapter?: string | undefined;
  /** A measurement file, or a checkpoint that is measured the same way; or the baseline itself, already resolved. */
  readonly baseline?: string | ResolvedBaseline | undefined;
  /**
   * A policy file, or the policy itself, already resolved. By default `shadow-gate.yml` in the working directory if it
   * exists, else the built-in policy.
   */
  readonly policy?: string | ResolvedPolicy | undefined;
  /**
   * A calibration file, or the calibration itself, already resolved (null: none); false: none. By default that of the policy, else
   * `.shadow-gate/calibration.json` if it exists.
   */
  readonly calibration?: string | false | NamedCalibration | null | undefined;
  /** What the change under test touches besides the candidate. */
  readonly changes?: readonly ChangedInput[] | undefined;
  /** One half of the gate; by default both. */
  readonly only?: Half | undefined;
  /**
   * Everything, also where the verdict is settled before: for a candidate that will be a baseline. By default probes are asked until it
   * is, and matrices that it does not depend on have bounds from a few products. Without a baseline everything is measured.
   */
  readonly all?: boolean | undefined;
  /** Every probe, also where the verdict is settled before: a run that is repeated could wait for a lucky order. */
  readonly allProbes?: boolean | undefined;
  /** Seed of the probes; by default that of the baseline. */
  readonly seed?: SeedChoice | undefined;
  /** Seed of the order of asking, to reproduce a run; drawn by default. */
  readonly orderSeed?: number | undefined;
  readonly budgetSeconds?: number | undefined;
  readonly chatTemplate?: boolean | undefined;
}

export interface CheckResult {
  readonly measurement: Measurement;
  readonly report: Report;
}

/**
 * The gate: measure the candidate, compare it with the baseline under the policy, and return the verdict.
 * @throws UserError for anything that the user can fix
 */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const { policy, baseline, calibration, settings } = await prepare(options);
  const { changes, only, all = false, allProbes = false } = options;
  const { onProgress } = settings;
  // First: nothing is lost if the weights of either cannot be read.
  const quantization = await quantizationOf(baseline, settings);
  const approved = await measureBaseline(baseline, { ...settings, onProgress: progressAs('baseline', onProgress) });
  const selected = probesFor(settings.probes, baseline, approved);
  const probes = all || allProbes ? selected : askSequentially(selected, approved, policy.policy);
  const judged = { policy, baseline, calibration, changes, only, quantization };
  const candidate = await measureCandidate({
    ...settings,
    probes,
    screening: all ? undefined : screeningFor(approved, judged),
    onProgress: MEASURED_FIRST.has(baseline.kind) ? progressAs('candidate', onProgress) : onProgress,
  });
  const report = compare(comparisonOf(candidate, approved, judged));
  return { measurement: candidate, report };
}

/** Without spectra to compare with there is nothing to decide: all are computed in full. */
function screeningFor(approved: Measurement | null, judged: Judged): Screening | undefined {
  if (!approved?.method) return undefined;
  return {
    includes: (matrix) => mayScreen(matrix, approved, judged.calibration !== null),
    undecided: (measured) => undecidedSpectra(comparisonOf(measured, approved, judged)),
  };
}

/** What quantizing did to the weights, where those of both models are there, and spectra were asked for. */
async function quantizationOf(
  baseline: ResolvedBaseline,
  { checkpoint, endpoint, spectra, device, memoryLimit, onProgress }: CandidateOptions,
): Promise<Quantization | null> {
  if (baseline.kind !== 'checkpoint' || checkpoint === undefined || spectra === false) return null;
  const quantized = await openMeasured({ checkpoint, spectra, endpoint });
  const original = await openMeasured({ checkpoint: baseline.path, spectra, endpoint });
  if (quantized.format === 'lora' || original.format === 'lora') return null;
  return measureQuantization(quantized, original, { device, memoryLimit, onProgress });
}

/** Where two models are measured, what is reported says which. */
function progressAs(model: 'candidate' | 'baseline', onProgress: OnProgress | undefined): OnProgress | undefined {
  return onProgress && ((progress) => onProgress({ ...progress, model }));
}

/**
 * The baseline's measurement: it exists, or is made with the settings of the candidate's. It is made first, since what the
 * baseline was asked is what the candidate has to answer: its levels, and what the budget left time for. Null without a
 * baseline.
 */
async function measureBaseline(baseline: ResolvedBaseline, settings: CandidateOptions): Promise<Measurement | null> {
  if (baseline.kind === 'missing') return null;
  if (baseline.kind === 'measurement') return baseline.measurement;
  // What is wrong with the candidate is known before minutes are spent on its baseline.
  await openCandidate(settings);
  if (baseline.kind === 'served')
    return measureCandidate({ ...settings, ...WITHOUT_WEIGHTS, endpoint: baseline.endpoint });
  // The adapter, and what is declared, is the candidate's.
  const { path: checkpoint, endpoint } = baseline;
  return measureCandidate({ ...settings, checkpoint, endpoint, adapter: null, revision: undefined });
}

/** What belongs to the candidate's weights, or is declared of it, says nothing of its baseline. */
const WITHOUT_WEIGHTS = {
  checkpoint: undefined,
  revision: undefined,
  reference: null,
  referencePath: undefined,
  adapter: null,
};

/**
 * One machine's share of what `check` would measure of the candidate. All machines take the seed from the same
 * baseline.
 * @throws UserError for anything that the user can fix
 */
export async function measureShard(options: CheckOptions, shard: Shard): Promise<Measurement> {
  expectShareable(options);
  const { baseline, settings } = await prepare(options);
  expectMeasured(baseline);
  return measureCandidate({ ...settings, shard });
}

/**
 * What `check` would report on a candidate that has been measured already.
 * @throws UserError for an invalid policy or baseline
 */
export async function checkMeasured(
  candidate: Measurement,
  options: Pick<CheckOptions, 'baseline' | 'policy' | 'calibration' | 'changes' | 'only'>,
): Promise<Report> {
  const { policy, baseline, calibration } = await resolvePair(options);
  const { changes, only } = options;
  return compare(comparisonOf(candidate, expectMeasured(baseline), { policy, baseline, calibration, changes, only }));
}

/** Everything that can fail before the measurement, such as a typo in the policy. */
async function prepare(options: CheckOptions) {
  const { baseline: _, policy: __, changes: ___, calibration: ____, reference, adapter, ...rest } = options;
  const { all: _____, allProbes: ______, ...asked } = rest;
  const { only, seed, orderSeed, budgetSeconds, chatTemplate, baselineEndpoint, ...settings } = asked;
  const { policy, baseline: given, calibration } = await resolvePair(options);
  const baseline = baselineEndpoint ? servedBaseline(given, baselineEndpoint) : given;
  if (baseline.kind === 'checkpoint' && settings.endpoint && !baseline.endpoint) {
    throw new UserError(
      'the endpoint serves one model, and the baseline is another checkpoint',
      'name the server that has it (baseline-endpoint, baseline-model), or measure it there first and give that file',
    );
  }
  const probes = await selectProbes(policy, {
    only,
    orderSeed,
    budgetSeconds,
    chatTemplate,
    seed: chooseSeed(seed, baseline),
    like: answersOf(baseline),
  });
  const measured = { ...settings, spectra: only !== 'probes', probes };
  const origins = await openOrigins(measured, { reference, adapter });
  return { policy, baseline, calibration, settings: { ...measured, ...origins } };
}

/** What a candidate is judged by. */
interface ResolvedPair {
  readonly policy: ResolvedPolicy;
  readonly baseline: ResolvedBaseline;
  readonly calibration: NamedCalibration | null;
}

interface Judged extends ResolvedPair, Pick<CheckOptions, 'changes' | 'only'> {
  readonly quantization?: Quantization | null;
}

async function resolvePair({
  policy,
  baseline,
  calibration,
  only,
}: Pick<CheckOptions, 'baseline' | 'policy' | 'calibration' | 'only'>): Promise<ResolvedPair> {
  const resolved = typeof policy === 'object' ? policy : await findPolicy(policy);
  return {
    policy: resolved,
    calibration:
      only === 'probes'
        ? null
        : typeof calibration === 'object'
          ? calibration
          : await findCalibration(calibration, resolved.policy),
    baseline: expectFull(typeof baseline === 'object' ? baseline : await readBaseline(baseline)),
  };
}

function expectMeasured(baseline: ResolvedBaseline): Measurement | null {
  if (baseline.kind === 'checkpoint' || baseline.kind === 'served') {
    throw new UserError(
      'the baseline is to be measured now, and no shard measures it: shards measure the candidate only',
      'measure the baseline first, and give that file',
    );
  }
  return baseline.kind === 'measurement' ? baseline.measurement : null;
}

function comparisonOf(
  candidate: Measurement,
  measurement: Measurement | null,
  { policy, baseline, calibration, changes, only, quantization = null }: Judged,
): Comparison {
  return {
    only,
    candidate,
    baseline: measurement,
    baselinePath: baseline.name,
    baselineCommit: baseline.kind === 'measurement' ? baseline.commit : null,
    policy: policy.policy,
    policyPath: policy.policyPath,
    changes,
    quantization,
    calibration,
  };
}

function answersOf(baseline: ResolvedBaseline): MeasuredProbes | undefined {
  const known = baseline.kind === 'measurement' ? baseline.measurement.probes : null;
  return known?.status === 'measured' ? known : undefined;
}

/** Answers to a new seed cannot be compared with answers to another one: the baseline has to be run as well. */
function chooseSeed(choice: SeedChoice | undefined, baseline: ResolvedBaseline): number {
  if (choice === 'rotate' && baseline.kind === 'measurement') {
    throw new UserError(
      '--seed rotate runs new probes on both models, and the baseline is a measurement file',
      'give the baseline checkpoint',
    );
  }
  return choice === undefined ? (answersOf(baseline)?.seed ?? resolveSeed(choice)) : resolveSeed(choice);
}

const MEASURED_FIRST: ReadonlySet<ResolvedBaseline['kind']> = new Set(['checkpoint', 'served']);

/** What a candidate is asked: the same as a baseline that was measured for it, in whatever time that takes. */
function probesFor(
  selected: ProbeRunOptions | null,
  { kind }: ResolvedBaseline,
  approved: Measurement | null,
): ProbeRunOptions | null {
  if (selected === null || !MEASURED_FIRST.has(kind) || approved?.probes?.status !== 'measured') return selected;
  const { probes } = approved;
  const asked = new Set([...probes.items, ...probes.leftOut].map(itemKey));
  const suites = selected.suites.map((suite) => {
    const { items, ...same } = withKnownLevels(suite, probes);
    return { ...same, items: items.filter(({ id }) => asked.has(itemKey({ suite: suite.name, id }))) };
  });
  return { ...selected, suites, isChosen: true };
}

/**
 * Refuse what would make shards run different probes.
 * @throws UserError
 */
export function expectShareable({ seed, budgetSeconds }: Pick<CheckOptions, 'seed' | 'budgetSeconds'>): void {
  if (budgetSeconds !== undefined) {
    throw new UserError(
      'a time budget cannot be combined with shards: each machine would run different probes',
      'leave out the budget, or do not split the measurement',
    );
  }
  if (seed === 'rotate') {
    throw new UserError(
      'with seed rotate, every shard would draw its own seed',
      'draw one number and give it to all of them',
    );
  }
}
