import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { release, UserError, VERSION } from '@shadow-gate/platform';
import { expectWritable } from '@shadow-gate/platform/files';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import {
  type Calibration,
  calibrationText,
  type NamedCalibration,
  writeCalibration,
} from '../compare/calibration/index.ts';
import { calibrate, unknownCheckpoints } from '../gate/calibrate.ts';
import { calibrationOnDisk, calibrationPath } from '../gate/find-calibration.ts';
import { repositoryPath } from '../github/approved/index.ts';
import { withoutCommands } from '../github/client/index.ts';
import { branchOfRef, eventApprovedVersion } from '../github/event/index.ts';
import { proposeFiles } from '../github/publish/index.ts';
import { DEFAULT_FILE, findPolicy } from '../policy/load.ts';
import { printable } from '../report/escape.ts';
import { type CalibrationChange, calibrationSummary, describeCalibrationProposal } from '../report/markdown/index.ts';
import { renderCalibration } from '../report/terminal/index.ts';
import type { CalibrateRun } from './action-run.ts';
import { type ActionContext, openCaches } from './context.ts';
import { openApprovedFiles } from './open-approved-files.ts';
import { expectInside } from './out-folder.ts';
import { addSummary } from './report-results.ts';
import { logOrWarn, warnMissingToken } from './results.ts';
import { inMeasuringGroup } from './run-gate.ts';

const LOG_WIDTH = 120;

/** Measure new known-good checkpoints, add them to the file in the workspace, and propose it if wanted. */
export async function runCalibrate(run: CalibrateRun, context: ActionContext): Promise<void> {
  const { runner, workspace } = context;
  await expectApproved(run, context);
  const policy = await findPolicy(run.policy);
  const path = calibrationPath(run, policy);
  if (path === null) throw new Error('a calibration that is switched off');
  const file = resolve(workspace.folder, path);
  for (const folder of [workspace.folder, workspace.alias ?? workspace.folder]) await expectInside(file, folder);
  await expectWritable(file, 'file');
  const before = await calibrationOnDisk({ path, mayBeMissing: true });
  const calibration = await extend(run, context, { before, path });
  await writeCalibration(file, calibration);
  runner.setOutputs({ calibration: file });
  const { alpha } = policy.policy.calibration;
  const terminal = { path, alpha, color: false, width: LOG_WIDTH };
  await withoutCommands(runner.info, () => runner.info(renderCalibration(calibration, terminal)));
  const change = { before: before?.calibration ?? null, after: calibration, path, alpha };
  // The file counts, whether or not the page of the run shows it.
  await addSummary(calibrationSummary(change, context.docs), context);
  runner.setOutputs({ 'baseline-pull-request': await proposeCalibration(run, context, change) });
}

/** Checkpoints of a change are not known to be good. @throws UserError unless the default branch is checked out */
async function expectApproved(run: CalibrateRun, context: ActionContext): Promise<void> {
  const { event } = context;
  const named = [run.policy ?? DEFAULT_FILE, run.calibration, ...run.checkpoints];
  const paths = run.reference ? [...named, run.reference] : named;
  const isApproved =
    eventApprovedVersion(event).kind === 'workspace' && (await openApprovedFiles(paths, context)) === null;
  if (isApproved) return;
  throw new UserError(
    `mode: calibrate runs on what the default branch has, and this run on ${event.name} may have checked out something else`,
    'run it on a push to the default branch, on a schedule, or by hand on that branch, without checking out anything else',
  );
}

async function extend(
  run: CalibrateRun,
  context: ActionContext,
  { before, path }: { readonly before: NamedCalibration | null; readonly path: string },
): Promise<Calibration> {
  const { runner, event, workflowRun } = context;
  const { checkpoints, reference, device, method } = run;
  const kept = before === null || isOfOtherVersion(before.calibration) ? undefined : before.calibration;
  if (before !== null && kept === undefined) {
    const { tool } = before.calibration;
    runner.warning(
      `${printable(path)} is of version ${printable(tool.version)} and is made anew by ${VERSION}: only checkpoints of the input are in it`,
    );
  }
  const kind = run.series ? 'series' : 'runs';
  if (kept !== undefined && kept.kind !== kind) {
    throw new UserError(
      `${path} has ${kept.kind === 'series' ? 'a series' : 'runs, and no series'}, and the input series is ${run.series}`,
      'change the input, or name another file with the input calibration',
    );
  }
  const fresh = kept === undefined ? checkpoints : await unknownCheckpoints(checkpoints, { calibration: kept, path });
  // A run by hand is also about the default branch, and the next run should find its measurements.
  const caches = openCaches({ ...run, slug: `${run.slug}-calibration` }, context, { saves: true });
  const counted = caches && countSpectra(caches.spectra);
  const what = fresh.length === 1 ? (fresh[0] ?? '') : `${fresh.length} checkpoints`;
  const calibration = await inMeasuringGroup({ ...run, checkpoint: what }, context, (onProgress) =>
    calibrate({
      ...{ checkpoints: fresh, reference, device, method, kind, onProgress },
      extend: kept,
      spectrumStore: counted?.store,
    }),
  );
  if (caches !== null && counted !== null) {
    runner.info(`Spectra: ${counted.computed()} computed, ${counted.recalled()} from the cache.`);
    await caches.spectra.handOver(`${event.sha}-${workflowRun.id}-${workflowRun.attempt}`);
    await caches.entries.save();
  }
  return calibration;
}

const isOfOtherVersion = ({ tool }: Calibration): boolean => release(tool.version) !== release(VERSION);

function countSpectra(store: KeyValueStore) {
  let [computed, recalled] = [0, 0];
  const counting: KeyValueStore = {
    get: async (key) => {
      const text = await store.get(key);
      if (text !== null) recalled += 1;
      return text;
    },
    set: async (key, text) => {
      computed += 1;
      await store.set(key, text);
    },
  };
  return { store: counting, computed: () => computed, recalled: () => recalled };
}

/** @returns the address of the pull request, or an empty text */
async function proposeCalibration(run: CalibrateRun, context: ActionContext, change: CalibrationChange) {
  const { event, octokit, repository, runner, workflowRun, workspace } = context;
  if (run.updateBaseline === 'off' || event.name === 'schedule') return '';
  if (isDeepStrictEqual(change.before, change.after)) {
    runner.info('No calibration is proposed: it has all of these checkpoints.');
    return '';
  }
  const path = await repositoryPath(change.path, workspace);
  if (path === null) {
    runner.warning(`no calibration is proposed: ${printable(change.path)} is outside the workspace`);
    return '';
  }
  if (octokit === null) return warnMissingToken(context, 'proposal of a calibration');
  const about = { key: run.key, run: workflowRun.url, commit: event.sha, docs: context.docs };
  const result = await proposeFiles(octokit, repository, {
    what: 'calibration',
    files: [{ path, text: calibrationText(change.after) }],
    base: branchOfRef(event.ref),
    sha: event.sha,
    branch: `shadow-gate/calibration-${run.slug}`,
    ...describeCalibrationProposal({ ...change, path }, about),
  });
  return logOrWarn(context, 'Proposed calibration', result);
}
