import { openCheckpoint } from '@shadow-gate/checkpoints';
import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { itemKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Seed } from '@shadow-gate/probes/random';
import type { NamedCalibration } from '../compare/calibration/index.ts';
import { type Comparison, compare, undecidedSpectra } from '../compare/compare.ts';
import type { ChangedInput } from '../compare/finding.ts';
import { mayScreen } from '../compare/index.ts';
import type { Report } from '../compare/report.ts';
import { withoutOwnText } from '../measure/index.ts';
import type { Endpoint, Half, MeasureOptions, ProbeRunOptions, Screening, SeedChoice } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/index.ts';
import type { Shard } from '../measure/shards/index.ts';
import { expecting, findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/policy.ts';
import { askSequentially } from './ask-sequentially.ts';
import { type ComparedWeights, compareWeights } from './compare-weights.ts';
import { findCalibration } from './find-calibration.ts';
import {
  type Candidate,
  measureCandidate,
  type NamedModel,
  type Origins,
  openCandidate,
  openOrigins,
} from './measure-candidate.ts';
import { isOtherModel } from './other-architecture.ts';
import { expectFull, type ResolvedBaseline, readBaseline, servedBaseline } from './read-baseline.ts';
import {
  drawOf,
  resolveSeed,
  seedLike,
  selectProbes,
  textsOf,
  withKnownLevels,
  withoutDrawing,
} from './select-probes.ts';

export interface WeightsChoice extends Pick<MeasureOptions, 'device' | 'method' | 'memoryLimit' | 'spectrumStore'> {
  /** Compute all spectra in full. By default, matrices that cannot change the verdict get bounds from few products. */
  readonly all?: boolean | undefined;
}

export interface ProbesChoice {
  readonly seed?: SeedChoice | undefined;
  /** Seed of the order of asking, to reproduce a run; drawn by default. */
  readonly orderSeed?: number | undefined;
  readonly budgetSeconds?: number | undefined;
  readonly chatTemplate?: boolean | undefined;
  /** Ask every probe even if the verdict is settled: for a baseline, and for a repeated run, against lucky orders. */
  readonly all?: boolean | undefined;
}

/** What a candidate is judged by: paths, or what they resolve to. */
export interface JudgedBy {
  /** A measurement file, or a checkpoint that is measured the same way. */
  readonly baseline?: string | ResolvedBaseline | undefined;
  readonly baselineEndpoint?: Endpoint | undefined;
  /** By default `shadow-gate.yml` in the working directory if it exists, else the built-in policy. */
  readonly policy?: string | ResolvedPolicy | undefined;
  /** False or null: none. By default that of the policy, else `.shadow-gate/calibration.json` if it exists. */
  readonly calibration?: string | false | NamedCalibration | null | undefined;
  /** What the change is meant to be, in place of the policy's own. */
  readonly expect?: Policy['expect'];
  /** Changes under test besides the candidate. */
  readonly changes?: readonly ChangedInput[] | undefined;
  readonly only?: Half | undefined;
  /** For exceptions of the policy that expire. */
  readonly today: Date;
}

export interface CheckOptions {
  readonly model: NamedModel;
  readonly judge: JudgedBy;
  /** Whether an inconclusive verdict passes: then everything is measured that could turn it into a failure. */
  readonly passesInconclusive?: boolean | undefined;
  readonly weights?: WeightsChoice | undefined;
  readonly probes?: ProbesChoice | undefined;
  readonly store?: KeyValueStore | undefined;
  /** Whether the cache also keeps measurements that stopped once their verdict was settled, for the same check. */
  readonly keepsStopped?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface CheckResult {
  readonly measurement: Measurement;
  readonly report: Report;
}

/** Measure the candidate and compare it with the baseline. @throws UserError for anything that the user can fix */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const { judged: by, origins, measuring } = await prepare(options);
  const candidate = await openCandidate(options.model, origins, measuring);
  const opened = await openBaseline(by.baseline, origins, measuring);
  const isSpared = !options.weights?.all && !options.passesInconclusive;
  const known = opened ?? (by.baseline.kind === 'measurement' ? by.baseline.measurement : null);
  if (isSpared && (await isOtherModel(candidate, known, { ...measuring, policy: by.policy.policy }))) {
    return identifyOnly(candidate, opened, by, measuring);
  }
  // First, so that no measuring is lost if the weights of either cannot be read.
  const judged = { ...by, ...(await compareWeights(candidate, opened, measuring)) };
  const { approved, probes } = await approve(opened, by, measuring);
  const measurement = await measureCandidate(candidate, {
    ...measuring,
    probes: options.probes?.all ? probes : askSequentially(probes, approved, judged.policy.policy),
    screening: options.weights?.all ? undefined : screeningFor(approved, judged),
    judgedBy: options.keepsStopped && approved ? judgeDigest(approved, judged) : undefined,
    onProgress: opened ? progressAs('candidate', measuring.onProgress) : measuring.onProgress,
  });
  return { measurement, report: compare(comparisonOf(measurement, approved, judged)) };
}

/** Digest of everything but the candidate that decides where its check stops. */
function judgeDigest({ run: _, ...approved }: Measurement, { policy, calibration, only }: Judged): string {
  // Own text is drawn anew, and no measurement is kept with it.
  return sha256(
    canonicalJson([withoutOwnText(approved), policy.policy, calibration?.calibration ?? null, only ?? null]),
  );
}

/** Two models that cannot be compared: their configs are enough for the verdict. */
async function identifyOnly(candidate: Candidate, opened: Candidate | null, judged: Judged, measuring: MeasureOptions) {
  const identifying = { ...measuring, spectra: false, probes: null, store: undefined };
  const measurement = await measureCandidate(candidate, identifying);
  const approved = opened ? await measureCandidate(opened, identifying) : expectMeasured(judged.baseline);
  return { measurement, report: compare(comparisonOf(measurement, approved, judged)) };
}

/** A gate that judges checkpoints one after the other. */
export interface Gate {
  readonly policy: ResolvedPolicy;
  readonly baseline: Measurement | null;
  readonly baselineName: string | null;
  /** Measure and judge as {@link check} does. @throws UserError for a checkpoint that cannot be measured */
  readonly check: (checkpoint: string, onProgress?: OnProgress) => Promise<CheckResult>;
}

/**
 * Read policy, probes and reference, and read or measure the baseline, once for many checkpoints. Each is asked
 * everything and all its spectra are computed, so that all answer the same questions.
 * @param options.model without a checkpoint
 * @param isShared whether other machines judge other checkpoints: then no baseline is measured
 * @throws UserError for anything that the user can fix
 */
export async function openGate(
  options: CheckOptions,
  { isShared = false }: { readonly isShared?: boolean } = {},
): Promise<Gate> {
  const { judged: by, origins, measuring } = await prepare(options);
  if (isShared) expectMeasured(by.baseline);
  const opened = await openBaseline(by.baseline, origins, measuring);
  const { approved, probes } = await approve(opened, by, measuring);
  return {
    policy: by.policy,
    baseline: approved,
    baselineName: by.baseline.name,
    check: async (checkpoint, onProgress) => {
      // Not `origins.open`, which would keep all of them open: there can be hundreds.
      const candidate = await openCandidate({ checkpoint }, { ...origins, open: openCheckpoint }, measuring);
      const judged = { ...by, ...(await compareWeights(candidate, opened, { ...measuring, onProgress })) };
      const asked = probes && withoutDrawing(probes);
      const measurement = await measureCandidate(candidate, { ...measuring, probes: asked, onProgress });
      return { measurement, report: compare(comparisonOf(measurement, approved, judged)) };
    },
  };
}

/** The measured baseline, and the questions for a candidate. */
async function approve(
  opened: Candidate | null,
  { baseline, policy }: Judged,
  measuring: MeasureOptions & { readonly probes: ProbeRunOptions | null },
) {
  if (opened === null) return { approved: expectMeasured(baseline), probes: measuring.probes };
  const onProgress = progressAs('baseline', measuring.onProgress);
  const { probes } = measuring;
  // Drawn now, when the candidate is what it is.
  const drawing = probes && { ...probes, ownText: { draw: drawOf(policy.policy, probes.order.seed), read: null } };
  const approved = await measureCandidate(opened, { ...measuring, probes: drawing, onProgress });
  const asked = askedAs(approved, probes);
  const read = textsOf(approved.probes?.status === 'measured' ? approved.probes : undefined, 'now');
  return { approved, probes: asked && { ...asked, ownText: { draw: asked.ownText?.draw ?? null, read } } };
}

/** Without spectra to compare with, all are computed in full. */
function screeningFor(approved: Measurement | null, judged: Judged): Screening | undefined {
  if (!approved?.method) return undefined;
  return {
    includes: (matrix) => mayScreen(matrix, approved, judged.calibration !== null),
    undecided: (measured) => undecidedSpectra(comparisonOf(measured, approved, judged)),
  };
}

function progressAs(model: 'candidate' | 'baseline', onProgress: OnProgress | undefined): OnProgress | undefined {
  return onProgress && ((progress) => onProgress({ ...progress, model }));
}

/**
 * Open a baseline to be measured before the candidate, which has to answer what the baseline was asked: its levels, and
 * what the budget left time for. Null if it is measured already, or missing.
 */
async function openBaseline(
  baseline: ResolvedBaseline,
  origins: Origins,
  measuring: MeasureOptions,
): Promise<Candidate | null> {
  if (baseline.kind === 'served') {
    return { kind: 'served', endpoint: baseline.endpoint, revision: null, listed: null };
  }
  if (baseline.kind !== 'checkpoint') return null;
  const { path: checkpoint, endpoint } = baseline;
  // The adapter and the declared revision are the candidate's.
  return openCandidate({ checkpoint, endpoint }, { ...origins, adapter: null }, measuring);
}

/** One machine's share of the candidate. @throws UserError for anything that the user can fix */
export async function measureShard(options: CheckOptions, shard: Shard): Promise<Measurement> {
  expectShareable(options.probes ?? {});
  const { judged, origins, measuring } = await prepare(options);
  expectMeasured(judged.baseline);
  return measureCandidate(await openCandidate(options.model, origins, measuring), { ...measuring, shard });
}

/** Judge a candidate that has been measured already. @throws UserError for an invalid policy or baseline */
export async function checkMeasured(candidate: Measurement, judge: JudgedBy): Promise<Report> {
  const judged = await resolveJudge(judge);
  return compare(comparisonOf(candidate, expectMeasured(judged.baseline), judged));
}

/** Everything that can fail before anything is measured, such as a typo in the policy. */
async function prepare({ model, judge, weights = {}, probes = {}, store, onProgress }: CheckOptions) {
  const { only, baselineEndpoint } = judge;
  const given = await resolveJudge(judge);
  const baseline = baselineEndpoint ? servedBaseline(given.baseline, baselineEndpoint) : given.baseline;
  if (baseline.kind === 'checkpoint' && model.endpoint && !baseline.endpoint) {
    throw new UserError(
      'the endpoint serves one model, and the baseline is another checkpoint',
      'name the server that has it (baseline-endpoint, baseline-model), or measure it there first and give that file',
    );
  }
  const selected = await selectProbes(given.policy, {
    ...probes,
    only,
    seed: asks(given.policy, only) ? chooseSeed(probes.seed, baseline) : resolveSeed(undefined),
    like: answersOf(baseline),
  });
  const { all: _, ...settings } = weights;
  const publicKey = given.policy.policy.signature?.['public-key'];
  const measuring = { ...settings, spectra: only !== 'probes', probes: selected, publicKey };
  const origins = await openOrigins(model, measuring);
  return { judged: { ...given, baseline }, origins, measuring: { ...measuring, store, onProgress } };
}

/** {@link JudgedBy} with everything read. */
interface Judged extends Pick<JudgedBy, 'changes' | 'only' | 'today'>, Partial<ComparedWeights> {
  readonly policy: ResolvedPolicy;
  readonly baseline: ResolvedBaseline;
  readonly calibration: NamedCalibration | null;
}

async function resolveJudge({ policy, baseline, calibration, only, ...rest }: JudgedBy): Promise<Judged> {
  const resolved = expecting(typeof policy === 'object' ? policy : await findPolicy(policy), rest.expect);
  return {
    policy: resolved,
    calibration:
      only === 'probes'
        ? null
        : typeof calibration === 'object'
          ? calibration
          : await findCalibration(calibration, resolved.policy),
    baseline: expectFull(typeof baseline === 'object' ? baseline : await readBaseline(baseline)),
    changes: rest.changes,
    today: rest.today,
    only,
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
  { policy, baseline, ...judged }: Judged,
): Comparison {
  return {
    ...judged,
    candidate,
    baseline: measurement,
    baselinePath: baseline.name,
    baselineCommit: baseline.kind === 'measurement' ? baseline.commit : null,
    policy: policy.policy,
    policyPath: policy.policyPath,
    policyDigest: policy.policyDigest,
  };
}

function answersOf(baseline: ResolvedBaseline): MeasuredProbes | undefined {
  const known = baseline.kind === 'measurement' ? baseline.measurement.probes : null;
  return known?.status === 'measured' ? known : undefined;
}

/** @throws UserError for a new seed if the baseline is not asked as well: its answers could not be compared */
function chooseSeed(choice: SeedChoice | undefined, baseline: ResolvedBaseline): Seed {
  if (choice === 'rotate' && baseline.kind === 'measurement') {
    throw new UserError(
      '--seed rotate runs new probes on both models, and the baseline is a measurement file',
      'give the baseline checkpoint',
    );
  }
  const known = answersOf(baseline)?.seed;
  return known === undefined ? resolveSeed(choice) : seedLike(known, choice, 'the baseline');
}

const asks = ({ policy }: ResolvedPolicy, only: Half | undefined) => only !== 'spectra' && policy.probes.length > 0;

/** Ask a candidate the same as the baseline that was measured for it, however long that takes. */
function askedAs(approved: Measurement | null, selected: ProbeRunOptions | null): ProbeRunOptions | null {
  if (selected === null || approved?.probes?.status !== 'measured') return selected;
  const { probes } = approved;
  const asked = new Set([...probes.items, ...probes.leftOut].map(itemKey));
  const suites = selected.suites.map((suite) => {
    const { items, ...same } = withKnownLevels(suite, probes);
    return { ...same, items: items.filter(({ id }) => asked.has(itemKey({ suite: suite.name, id }))) };
  });
  return { ...selected, suites, isChosen: true };
}

/** @throws UserError for options that would make shards run different probes */
export function expectShareable({ seed, budgetSeconds }: Pick<ProbesChoice, 'seed' | 'budgetSeconds'>): void {
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
