import { resolve } from 'node:path';
import { context } from '@actions/github';
import { readReport } from '../compare/read-report.ts';
import { pullRequestOf } from '../github/event/pull-request.ts';
import { pullRequestOfRun } from '../github/event/workflow-run.ts';
import { setOutputs } from '../github/publish/outputs.ts';
import { renderComment } from '../report/markdown/comment.ts';
import { clientOf } from './clients.ts';
import type { Options } from './inputs.ts';
import { comment, summarise } from './report-results.ts';

/**
 * Post the report of another run, which could not: that of a pull request from a fork, whose token may not write. The file is
 * data from a stranger: it is validated, rendered afresh, and decides nothing here.
 */
export async function publish(options: Options, file: string): Promise<void> {
  const report = await readReport(file);
  await summarise(report);
  const octokit = clientOf(options);
  const pullRequest =
    context.eventName === 'workflow_run' && octokit !== null
      ? await pullRequestOfRun(octokit, context.payload)
      : pullRequestOf(context.eventName, context.payload);
  const body = renderComment(report, { key: options.key });
  setOutputs({
    verdict: report.verdict,
    report: resolve(file),
    comment: await comment(options, body, pullRequest),
  });
}
