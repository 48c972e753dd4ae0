import { isDeepStrictEqual } from 'node:util';
import { calibrationText } from '../compare/calibration/index.ts';
import { repositoryPath, setBaseline } from '../github/approved/index.ts';
import { branchOfRef, isManualOnDefaultBranch, isOnDefaultBranch } from '../github/event/index.ts';
import { proposeFiles } from '../github/publish/index.ts';
import { type Measurement, measurementText } from '../measure/schema/index.ts';
import { describeProposal, type ProposedCalibration } from '../report/markdown/index.ts';
import { calibrationOutcome } from './extend-calibration.ts';
import { artifactName } from './resolve-approved.ts';
import { type ActionResults, logOrWarn, type ResultFiles, warnMissingToken } from './results.ts';

interface PublishedResults extends ActionResults {
  readonly files: ResultFiles;
}

/** Events about a branch: the run's artifact may become the baseline of changes to it. */
const UPLOADING_EVENTS: readonly string[] = ['push', 'schedule', 'workflow_dispatch'];

/** Leave an artifact and, on the default branch, a proposal of a baseline and cache entries. The verdict stays. */
export async function saveResults(results: PublishedResults): Promise<void> {
  const { event, runner } = results.context;
  if (UPLOADING_EVENTS.includes(event.name)) await uploadArtifact(results);
  if (!isOnDefaultBranch(event) && !isManualOnDefaultBranch(event)) return;
  runner.setOutputs({ 'baseline-pull-request': await propose(results) });
  if (isOnDefaultBranch(event)) await saveCaches(results);
}

async function uploadArtifact({ run, context, files }: PublishedResults): Promise<void> {
  const { runner, artifacts, canUploadArtifacts } = context;
  if (run.artifact === 'off') return;
  const name = artifactName(run);
  if (!canUploadArtifacts) {
    runner.info(`No artifact ${name}: this server does not support artifacts of @actions/artifact.`);
    return;
  }
  try {
    await artifacts.upload(name, [files.measurement, files.report, ...(files.attestation ? [files.attestation] : [])]);
    runner.info(`Artifact: ${name}`);
  } catch (error) {
    runner.warning(`no artifact ${name}: ${(error as Error).message}`);
  }
}

async function saveCaches({ run, context, caches, measurement, report }: PublishedResults): Promise<void> {
  if (caches === null) return;
  const { event, workflowRun } = context;
  const { id: runId, attempt } = workflowRun;
  // A checkpoint that fails, or that could not be judged, must not become the standard for the next one.
  const isApproved = report.verdict === 'pass' || report.verdict === 'warn';
  if (isApproved) await setBaseline(caches.entries, run.slug, measurement, { commit: event.sha, runId, attempt });
  await caches.spectra.handOver(`${event.sha}-${runId}-${attempt}`);
  await caches.entries.save();
}

/** @returns the address of the pull request; empty if nothing is proposed */
async function propose(results: PublishedResults): Promise<string> {
  const { run, context, measurement, report, baseline } = results;
  const { event, octokit, repository, runner, workflowRun, workspace } = context;
  if (run.updateBaseline === 'off' || event.name === 'schedule') return '';
  const current = baseline.kind === 'measurement' ? identityOf(baseline.measurement) : null;
  if (isDeepStrictEqual(current, identityOf(measurement))) return '';
  if (report.verdict === 'fail') {
    runner.info(
      'No baseline is proposed: the verdict is fail. To accept the checkpoint anyway, commit its measurement.',
    );
    return '';
  }
  const path = await repositoryPath(run.baseline, workspace);
  if (path === null) {
    runner.warning(`no baseline is proposed: ${run.baseline} is outside the workspace`);
    return '';
  }
  if (octokit === null) return warnMissingToken(context, 'proposal of a baseline');
  const calibration = await calibrationOf(results);
  const extended = calibration?.outcome.kind === 'extended' ? calibration.outcome.after : null;
  const ofRun = { run: workflowRun.url, commit: event.sha, docs: context.docs };
  const result = await proposeFiles(octokit, repository, {
    what: 'baseline',
    files: [
      { path, text: measurementText(measurement) },
      ...(calibration && extended ? [{ path: calibration.path, text: calibrationText(extended) }] : []),
    ],
    base: branchOfRef(event.ref),
    sha: event.sha,
    branch: `shadow-gate/baseline-${run.slug}`,
    ...describeProposal(report, { key: run.key, path, calibration, ...ofRun }),
  });
  return logOrWarn(context, 'Proposed baseline', result);
}

/** The calibration with the candidate; null: there is none, or it has the candidate already. */
async function calibrationOf(results: PublishedResults): Promise<ProposedCalibration | null> {
  const { calibration, context, policy } = results;
  const outcome = calibration && calibrationOutcome(calibration.calibration, { ...results, commit: context.event.sha });
  if (calibration === null || outcome === null) return null;
  const { alpha } = policy.policy.calibration;
  const path = await repositoryPath(calibration.path, context.workspace);
  if (path !== null) return { path, alpha, outcome };
  return { path: calibration.path, alpha, outcome: { kind: 'impossible', problem: 'it is outside the workspace' } };
}

/** Weights, probes and answers of a measurement. The last digits of other numbers depend on the machine. */
function identityOf({ tool, checkpoint, reference, method, skipped, probes }: Measurement) {
  const same = { tool, checkpoint, reference, method, skipped };
  if (probes?.status !== 'measured') return { ...same, probes };
  const { suites, seed, chatTemplate, items } = probes;
  const answers = items.map(({ suite, id, correct }) => ({ suite, id, correct }));
  return { ...same, probes: { suites, seed, chatTemplate, answers } };
}
