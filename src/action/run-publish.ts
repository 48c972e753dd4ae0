import { resolve } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { Report } from '../compare/report.ts';
import { describeGithubError, type PullRequest } from '../github/client/index.ts';
import { eventFinishedRun, eventPullRequest, type FinishedRun, pullRequestsOfRun } from '../github/event/index.ts';
import { isFailure } from '../github/publish/index.ts';
import { readReport } from '../report/json.ts';
import { type Origin, renderComment, renderRefusal } from '../report/markdown/index.ts';
import type { PublishRun } from './action-run.ts';
import { writeForeignCheckRun } from './check-run.ts';
import type { ActionContext } from './context.ts';
import { numberOutputs } from './numbers.ts';
import { originOfRun, ownOrigin } from './origin.ts';
import { expectOutFolder } from './out-folder.ts';
import { publishPage } from './page.ts';
import { writeComment, writeSummary } from './report-results.ts';

/**
 * Publish the report of a run that could not: a fork's token may not write. The file comes from a stranger: it is
 * validated, has to agree with how that run ended, and is rendered again. It decides nothing here.
 */
export async function runPublish(run: PublishRun, context: ActionContext): Promise<void> {
  const { event, runner, workspace } = context;
  await expectOutFolder(run.out, workspace);
  const report = await readReport(run.report);
  const finished = finishedRunOfEvent(context);
  if (finished !== null && !agrees(finished, report, run)) return refuse(run, context, { report, finished });
  const origin = finished === null ? originOfEvent(context) : originOfRun(finished, context);
  const htmlReport = await publishPage(run, context, { report, origin });
  await writeSummary(report, context, { origin, htmlReport });
  const { docs } = context;
  const render = (from: Origin | undefined) => renderComment(report, { key: run.key, docs, origin: from, htmlReport });
  const own = [eventPullRequest(event)].filter((pullRequest) => pullRequest !== null);
  const pullRequests = finished === null ? own : await openPullRequests(finished, context);
  runner.setOutputs({
    verdict: report.verdict,
    ...numberOutputs(report),
    report: resolve(workspace.folder, run.report),
    comment: await writeComment(run, context, { render, origin, verdict: report.verdict, pullRequests }),
  });
  if (origin !== undefined) await writeForeignCheckRun(run, context, { report, origin, htmlReport });
}

/** The run that made the report; null for another event, such as a pull request. */
function finishedRunOfEvent({ event }: ActionContext): FinishedRun | null {
  if (event.name !== 'workflow_run') return null;
  const run = eventFinishedRun(event);
  if (run !== null) return run;
  throw new UserError('the event workflow_run does not say which run it is about', 'run this workflow again');
}

/** For a report that another step made or downloaded. */
function originOfEvent(context: ActionContext): Origin | undefined {
  const own = ownOrigin(context);
  return own && { ...own, by: 'pull-request' };
}

async function openPullRequests(finished: FinishedRun, { octokit }: ActionContext): Promise<PullRequest[]> {
  if (octokit === null) return [];
  try {
    return await pullRequestsOfRun(octokit, finished);
  } catch (error) {
    throw new UserError(
      `the pull request of run ${finished.id} could not be found: ${describeGithubError(error)}`,
      'run this workflow again; it needs `permissions: pull-requests: write`',
    );
  }
}

/** A run succeeds exactly if its verdict does not fail it. */
const agrees = ({ conclusion }: FinishedRun, { verdict }: Report, { failOn }: PublishRun): boolean =>
  isFailure(verdict, failOn) !== (conclusion === 'success');

/** Replace the comment by one that says not to trust the report, and fail the step. */
async function refuse(
  run: PublishRun,
  context: ActionContext,
  { report: { verdict }, finished }: { report: Report; finished: FinishedRun },
): Promise<never> {
  const origin = originOfRun(finished, context);
  const conclusion = finished.conclusion ?? 'no conclusion';
  context.runner.failStep();
  await writeComment(run, context, {
    render: (from = origin) => renderRefusal({ key: run.key, origin: from, verdict, conclusion }),
    origin,
    verdict: null,
    pullRequests: await openPullRequests(finished, context),
  });
  throw new UserError(
    `the report has the verdict ${verdict}, and run ${finished.id} that made it ended with ${conclusion}`,
    'open that run to see which is right; give this step the fail-on of its workflow, and keep the gate in a workflow of its own',
  );
}
