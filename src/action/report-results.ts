import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@shadow-gate/platform';
import { writeFileAtomic, writeJson } from '@shadow-gate/platform/files';
import type { Report } from '../compare/report.ts';
import type { CheckResult } from '../gate/check.ts';
import { type Octokit, type PullRequest, withoutCommands } from '../github/client/index.ts';
import { eventPullRequest, isManualOnDefaultBranch } from '../github/event/index.ts';
import { fetchPullRequestHead, updateIssue, writeAnnotation, writeStickyComment } from '../github/publish/index.ts';
import { ATTESTATION_FILE, MEASUREMENT_FILE, REPORT_FILE } from '../github/storage/index.ts';
import { writeMeasurement } from '../measure/schema/index.ts';
import { printable } from '../report/escape.ts';
import { serializeReport } from '../report/json.ts';
import {
  commentMarker,
  describeRegression,
  type MarkdownOptions,
  type Origin,
  renderComment,
  renderStepSummary,
  type ShownOptions,
} from '../report/markdown/index.ts';
import { renderTerminal } from '../report/terminal/index.ts';
import type { CommentingRun, KeyedRun, ReportingRun } from './action-run.ts';
import { attestVerdict } from './attest.ts';
import { writeOwnCheckRun } from './check-run.ts';
import type { ActionContext } from './context.ts';
import { numberOutputs } from './numbers.ts';
import { ownOrigin } from './origin.ts';
import { COMMENT_FILE } from './out-folder.ts';
import { findOverride, offeredLabel } from './override.ts';
import { publishPage } from './page.ts';
import { type ActionResults, logOrWarn, warnMissingToken } from './results.ts';
import { saveResults } from './save-results.ts';
import { updateHistory } from './update-history.ts';

const LOG_WIDTH = 120;
const MAX_MESSAGE = 2000;

/** Exit code and verdict come first: no later failure, such as a full disk, changes them. */
export async function reportResults(results: ActionResults): Promise<void> {
  const { run, context } = results;
  const { runner } = context;
  const { report, save } = await updateHistory(results);
  await withoutCommands(runner.info, () => runner.info(renderTerminal(report, { color: true, width: LOG_WIDTH })));
  const override = await findOverride(run, report, context);
  const overrideLabel = offeredLabel(run, { report, override }, context);
  writeAnnotation(runner, report, { ...run, isOverridden: override !== null });
  const told = await orFailStep(context, () =>
    runner.setOutputs({ verdict: report.verdict, 'overridden-by': override?.login ?? '', ...numberOutputs(report) }),
  );
  const origin = ownOrigin(context);
  const htmlReport = await publishPage(run, context, { report, origin });
  const cost = { seconds: (context.now().getTime() - context.started.getTime()) / 1000, machine: context.machine };
  const shown = { htmlReport, override, overrideLabel, cost };
  const render = (from: Origin | undefined) =>
    renderComment(report, { key: run.key, docs: context.docs, origin: from, ...shown });
  const written = await orFailStep(context, async () => {
    const files = await writeFiles(run, { ...results, report }, render(origin));
    runner.setOutputs(files);
    return files;
  });
  await writeSummary(report, context, { origin, ...shown });
  const pullRequest = eventPullRequest(context.event);
  const pullRequests = pullRequest === null ? [] : [pullRequest];
  runner.setOutputs({
    comment: await writeComment(run, context, { render, origin, verdict: report.verdict, pullRequests }),
  });
  const isSaved = told !== null && written !== null;
  await writeOwnCheckRun(run, context, { report, origin, ...shown, isSaved });
  runner.setOutputs({ issue: await writeIssue(run, context, report) });

  // Later runs cannot continue from a run without files.
  if (written === null) return;
  const attestation = await attestVerdict(run, context, { report, file: written.report });
  runner.setOutputs({ attestation });
  await save();
  await saveResults({ ...results, report, files: { ...written, attestation } });
}

/** Results that cannot be written fail the step; everything else goes on. @returns null if work failed */
async function orFailStep<T>({ runner }: ActionContext, work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    runner.failStep();
    runner.annotate({
      level: 'error',
      message: printable(`the results of this check were not saved: ${describeError(error).message}`, MAX_MESSAGE),
    });
    return null;
  }
}

async function writeFiles({ out }: ReportingRun, { measurement, report }: CheckResult, comment: string) {
  const files = { report: join(out, REPORT_FILE), measurement: join(out, MEASUREMENT_FILE) };
  // An attestation of an earlier run in this folder is not of this report.
  await rm(join(out, ATTESTATION_FILE), { force: true });
  await writeMeasurement(files.measurement, measurement);
  await writeJson(files.report, serializeReport(report));
  await writeFileAtomic(join(out, COMMENT_FILE), `${comment}\n`);
  return files;
}

export function writeSummary(
  report: Report,
  context: ActionContext,
  options: ShownOptions & Pick<MarkdownOptions, 'cost'>,
): Promise<void> {
  return addSummary(renderStepSummary(report, { docs: context.docs, ...options }), context);
}

/** A summary is worth less than the verdict: a failure only warns. */
export async function addSummary(summary: string, { runner }: ActionContext): Promise<void> {
  try {
    await runner.addSummary(summary);
  } catch (error) {
    runner.warning(`the step summary was not written: ${(error as Error).message}`);
  }
}

interface CommentToWrite {
  /** The text, beginning with its marker. */
  readonly render: (origin: Origin | undefined) => string;
  readonly origin: Origin | undefined;
  /** Null always gets a comment. */
  readonly verdict: Report['verdict'] | null;
  readonly pullRequests: readonly PullRequest[];
}

/** @returns the address of the first comment; empty without a pull request or token, or if it is turned off */
export async function writeComment(
  run: CommentingRun & KeyedRun,
  context: ActionContext,
  comment: CommentToWrite,
): Promise<string> {
  const { event, octokit, runner } = context;
  if (run.comment === 'off') return '';
  if (comment.pullRequests.length === 0) {
    runner.info(`No comment: the event ${event.name} is not about a pull request, or the pull request has moved on.`);
    return '';
  }
  if (octokit === null) return warnMissingToken(context, 'comment');
  let first = '';
  for (const pullRequest of comment.pullRequests) {
    const url = await writeCommentOn(pullRequest, octokit, run, context, comment);
    first ||= url;
  }
  return first;
}

async function writeCommentOn(
  pullRequest: PullRequest,
  octokit: Octokit,
  { key, comment }: CommentingRun & KeyedRun,
  context: ActionContext,
  { render, origin, verdict }: CommentToWrite,
): Promise<string> {
  const isKnown = origin !== undefined && origin.commit !== null;
  const result = await writeStickyComment(octokit, pullRequest, {
    marker: commentMarker(key),
    bodyAt: (head) => render(origin && { ...origin, head }),
    run: origin ?? null,
    readHead: async () => (isKnown ? fetchPullRequestHead(octokit, pullRequest) : null),
    isUpdateOnly: comment === 'changes' && verdict === 'pass',
  });
  return logOrWarn(context, 'Comment', result);
}

/** A run by hand only closes the issue. @returns its address; empty without one */
async function writeIssue({ issue, key }: ReportingRun, context: ActionContext, report: Report): Promise<string> {
  const { docs, event, octokit, repository, workflowRun } = context;
  const isAnswer = isManualOnDefaultBranch(event) && report.verdict === 'pass';
  if ((event.name !== 'schedule' && !isAnswer) || issue === 'off') return '';
  if (octokit === null) return warnMissingToken(context, 'issue');
  const regression = describeRegression(report, { key, run: workflowRun.url, docs });
  const result = await updateIssue(octokit, repository, regression);
  return result === null ? '' : logOrWarn(context, 'Issue', result);
}
