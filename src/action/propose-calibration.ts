import { isDeepStrictEqual } from 'node:util';
import { calibrationText } from '../compare/calibration/index.ts';
import { repositoryPath } from '../github/approved/index.ts';
import { branchOfRef } from '../github/event/index.ts';
import { proposeFiles } from '../github/publish/index.ts';
import { printable } from '../report/escape.ts';
import { type CalibrationChange, describeCalibrationProposal } from '../report/markdown/index.ts';
import type { CalibrateRun } from './action-run.ts';
import type { ActionContext } from './context.ts';
import { logOrWarn, warnMissingToken } from './results.ts';

/**
 * Propose a calibration that has changed, if the workflow wants that.
 * @returns the address of the pull request, or an empty text
 */
export async function proposeCalibration(
  run: CalibrateRun,
  context: ActionContext,
  change: CalibrationChange,
): Promise<string> {
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
  const { key, slug } = run;
  const result = await proposeFiles(octokit, repository, {
    what: 'calibration',
    files: [{ path, text: calibrationText(change.after) }],
    base: branchOfRef(event.ref),
    sha: event.sha,
    branch: `shadow-gate/calibration-${slug}`,
    ...describeCalibrationProposal(
      { ...change, path },
      { key, run: workflowRun.url, commit: event.sha, docs: context.docs },
    ),
  });
  return logOrWarn(context, 'Proposed calibration', result);
}
