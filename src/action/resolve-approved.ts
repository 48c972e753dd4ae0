import { UserError } from '@shadow-gate/platform';
import { CALIBRATION_FILE, type NamedCalibration } from '../compare/calibration/index.ts';
import type { ChangedInput } from '../compare/finding.ts';
import {
  type CalibrationChoice,
  calibrationOnDisk,
  calibrationPath,
  NO_CALIBRATION,
} from '../gate/find-calibration.ts';
import type { ResolvedBaseline } from '../gate/read-baseline.ts';
import {
  type ApprovedBaseline,
  type ApprovedCalibration,
  type ApprovedFiles,
  type ApprovedProbeFiles,
  baselineAtBase,
  baselineFromArtifact,
  baselineFromCache,
  baselineOnDisk,
  calibrationAtBase,
  policyAtBase,
  probeFilesAtBase,
} from '../github/approved/index.ts';
import { eventBaseBranch } from '../github/event/index.ts';
import { DEFAULT_FILE, findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import type { BASELINES } from '../policy/policy.ts';
import { printable } from '../report/escape.ts';
import type { JudgingRun, KeyedRun } from './action-run.ts';
import { listChangedInputs, type NamedPaths } from './changed-inputs.ts';
import type { ActionContext, Caches } from './context.ts';
import { INPUT_DEFAULTS } from './input-schema.ts';
import { openApprovedFiles } from './open-approved-files.ts';

/** What a checkpoint is judged by. */
export interface Approved {
  readonly policy: ResolvedPolicy;
  readonly baseline: ResolvedBaseline;
  readonly calibration: NamedCalibration | null;
  /** Changes under test to files that the verdict depends on. */
  readonly changes: readonly ChangedInput[];
}

export interface ResolveOptions {
  readonly caches: Caches | null;
  readonly paths?: NamedPaths;
  /** False if no probes run. */
  readonly probes?: boolean;
  /** False if no spectra are measured: a calibration is about nothing else. */
  readonly spectra?: boolean;
  /** A server has the baseline, which is measured now. */
  readonly isBaselineServed?: boolean;
}

/** As approved: at the base commit of a change, on the default branch or, in a run about it, in the workspace. */
export async function resolveApproved(
  run: JudgingRun,
  context: ActionContext,
  { caches, paths = {}, probes: runsProbes = true, spectra = true, isBaselineServed = false }: ResolveOptions,
): Promise<Approved> {
  const { runner, temporary, workflowFile } = context;
  const named = Object.values(paths).filter((path) => typeof path === 'string');
  const judging = [run.policy ?? DEFAULT_FILE, run.baseline, run.calibration];
  const files = await openApprovedFiles([...judging, ...named], context);
  const calibrationFrom = async (policy: ResolvedPolicy) => {
    const named = { calibration: spectra ? run.calibration : NO_CALIBRATION };
    const found = await resolveCalibration(named, { files, policy });
    if (found.note !== null) runner.info(printable(found.note));
    return found;
  };
  if (files === null) {
    const policy = await findPolicy(run.policy);
    const { baseline } = await baselineFrom({ run, context, files, caches, policy });
    const { calibration } = await calibrationFrom(policy);
    return { policy, baseline, calibration, changes: [] };
  }
  runner.info(`Policy, baseline, calibration and probe files count as of commit ${files.short}.`);
  const approved = await policyAtBase(files, run.policy);
  const { baseline, changes } = await baselineFrom({ run, context, files, caches, policy: approved.policy });
  const calibrated = await calibrationFrom(approved.policy);
  const probes = runsProbes ? await probeFilesAtBase(files, approved.policy, temporary) : NO_PROBES;
  return {
    policy: { ...approved.policy, probeFiles: probes.paths },
    baseline,
    calibration: calibrated.calibration,
    changes: [
      ...approved.changes,
      ...changes,
      ...calibrated.changes,
      ...probes.changes.map((change) => withBaseline(change, isBaselineServed || baseline.kind === 'checkpoint')),
      ...(await listChangedInputs(files, { ...paths, workflow: workflowFile })),
    ],
  };
}

const NONE: ApprovedCalibration = { calibration: null, note: null, changes: [] };

/** @param files null: the workspace counts. @throws UserError for one that is named and missing, or named twice */
export async function resolveCalibration(
  named: CalibrationChoice,
  { files, policy }: { readonly files: ApprovedFiles | null; readonly policy: ResolvedPolicy },
): Promise<ApprovedCalibration> {
  const path = calibrationPath(named, policy);
  if (path === null) return NONE;
  // A path that is not the default has to exist.
  const options = { path, mayBeMissing: path === CALIBRATION_FILE };
  if (files !== null) return calibrationAtBase(files, options);
  const calibration = await calibrationOnDisk(options);
  const note = calibration && `calibration ${path} is read from the workspace`;
  return { calibration, note, changes: [] };
}

const NO_PROBES: ApprovedProbeFiles = { paths: new Map(), changes: [] };

/** If both models are measured now, there are no approved answers to the old questions. */
const withBaseline = (change: ChangedInput, isMeasuredNow: boolean): ChangedInput =>
  isMeasuredNow ? { ...change, level: 'inconclusive' } : change;

type Origin = (typeof BASELINES)[number];

/** A file of this name is given as `./artifact`. */
const ARTIFACT = 'artifact';

function originOf({ baseline }: JudgingRun, { policy }: ResolvedPolicy): Origin {
  if (baseline === ARTIFACT) return ARTIFACT;
  if (policy.baseline !== 'file' && baseline !== INPUT_DEFAULTS.baseline) {
    throw new UserError(
      `the policy sets \`baseline: ${policy.baseline}\`, but the input \`baseline\` is ${baseline}`,
      'set only one of them',
    );
  }
  return policy.baseline;
}

interface BaselineSource extends ResolveOptions {
  readonly run: JudgingRun;
  readonly context: ActionContext;
  readonly files: ApprovedFiles | null;
  readonly policy: ResolvedPolicy;
}

async function baselineFrom(source: BaselineSource): Promise<ApprovedBaseline> {
  const { run, context } = source;
  const origin = originOf(run, source.policy);
  const approved = await readFrom(origin, source);
  const { baseline } = approved;
  if (run.updateBaseline !== 'off') expectProposable(run, origin, baseline);
  if (baseline.note !== undefined) context.runner.info(printable(baseline.note));
  return approved;
}

async function readFrom(origin: Origin, { run, context, files, caches }: BaselineSource): Promise<ApprovedBaseline> {
  if (origin === 'artifact') return { baseline: await newestArtifact(run, context), changes: [] };
  if (origin === 'cache') return { baseline: await baselineFromCache(caches?.entries ?? null, run.slug), changes: [] };
  const { baseline: path } = run;
  if (files !== null) return baselineAtBase(files, { path, mayBeMissing: isDefault(path) });
  // The first run that proposes a baseline has none yet.
  const mayBeMissing = isDefault(path) || run.updateBaseline !== 'off';
  return {
    baseline: await baselineOnDisk({ path, mayBeMissing }, `baseline ${path} is read from the workspace`),
    changes: [],
  };
}

/** Any other path has to exist. */
const isDefault = (path: string): boolean => path === INPUT_DEFAULTS.baseline;

async function newestArtifact(run: JudgingRun, context: ActionContext): Promise<ResolvedBaseline> {
  const { octokit, artifacts, repository, event } = context;
  if (octokit === null) {
    throw new UserError('`baseline: artifact` needs the input github-token', 'set it, or give a file as the baseline');
  }
  const branch = eventBaseBranch(event);
  if (branch === null) {
    throw new UserError(
      '`baseline: artifact` needs an event with a base branch (pull_request, merge_group, push)',
      'run the workflow on one of them, or give a file as the baseline',
    );
  }
  return baselineFromArtifact(octokit, artifacts, repository, { name: artifactName(run), branch });
}

/** A proposed baseline file must not replace a checkpoint, and has to be read. */
function expectProposable({ baseline: path }: JudgingRun, origin: Origin, baseline: ResolvedBaseline): void {
  if (origin === 'file' && baseline.kind !== 'checkpoint') return;
  throw new UserError(
    `update-baseline: pull-request proposes a measurement file, and the baseline is ${origin === 'file' ? `the checkpoint ${path}` : `read from the ${origin}`}`,
    'turn it off, or give the path of a measurement as the baseline',
  );
}

export const artifactName = ({ slug }: KeyedRun): string => `shadow-gate-${slug}`;
