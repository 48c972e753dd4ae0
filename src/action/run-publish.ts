import { resolve } from 'node:path';
import { pullRequestOf } from '../github/event/pull-request.ts';
import { pullRequestOfRun } from '../github/event/workflow-run.ts';
import { readReport } from '../report/json.ts';
import { renderComment } from '../report/markdown/comment.ts';
import type { ActionContext } from './context.ts';
import type { PublishRun } from './inputs.ts';
import { writeComment, writeSummary } from './report-results.ts';

/**
 * Publish the report of another run that could not: that of a pull request from a fork, whose token may not write. The
 * file comes from a stranger: it is validated and rendered again, and it decides nothing here.
 */
export async function runPublish(run: PublishRun, context: ActionContext): Promise<void> {
  const { event, octokit, runner, workspace } = context;
  const report = await readReport(run.report);
  await writeSummary(report, context);
  const pullRequest =
    event.name === 'workflow_run' && octokit !== null ? await pullRequestOfRun(octokit, event) : pullRequestOf(event);
  const body = renderComment(report, { key: run.key, docs: context.docs });
  runner.setOutputs({
    verdict: report.verdict,
    report: resolve(workspace.folder, run.report),
    comment: await writeComment(run, context, { body, pullRequest }),
  });
}
