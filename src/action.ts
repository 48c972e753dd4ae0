import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { type BaselineSource, readReport } from './gate/baseline.ts';
import { type CheckResult, check } from './gate/check.ts';
import type { Report } from './gate/report.ts';
import { expectWritable, writeFileAtomic, writeJson } from './gate/write-atomic.ts';
import { announce } from './github/announce.ts';
import { approvedBaseline } from './github/approved-baseline.ts';
import { baseCommitOf } from './github/base-commit.ts';
import { openClient } from './github/client.ts';
import { type Options, parseInputs } from './github/inputs.ts';
import { progressLog, withoutCommands } from './github/log.ts';
import { setOutputs } from './github/outputs.ts';
import { type PullRequest, pullRequestOf } from './github/pull-request.ts';
import { regressionIssue } from './github/regression-issue.ts';
import { pullRequestOfRun } from './github/run-pull-request.ts';
import { stickyComment } from './github/sticky-comment.ts';
import { writeSummary } from './github/summary.ts';
import { commentMarker, renderComment } from './report/comment.ts';
import { printable } from './report/escape.ts';
import { describeRegression } from './report/regression.ts';
import { renderSummary } from './report/summary.ts';
import { renderTerminal } from './report/terminal.ts';
import { describeError } from './user-error.ts';

const LOG_WIDTH = 120;

try {
  await run();
} catch (error) {
  fail(error);
}

/** One run of the action. The verdict comes first and the comment last: what can fail later cannot change it. */
async function run(): Promise<void> {
  const options = parseInputs(core.getInput, process.env.RUNNER_TEMP ?? '.', process.env.OPENAI_API_KEY);
  if (options.report !== undefined) return publish(options, options.report);
  await expectWritable(resolve(options.out), 'folder');
  const result = await checkAloud(options);
  const body = renderComment(result.report, { key: options.key });
  const files = await writeResults(result, body, options.out);

  announce(result.report, options.failOn, options.key);
  setOutputs({ verdict: result.report.verdict, ...files });
  const trouble = await writeSummary(renderSummary(result.report));
  if (trouble !== null) core.warning(trouble);
  setOutputs({ comment: await comment(options, body, pullRequestOf(context.eventName, context.payload)) });
  setOutputs({ issue: await issue(options, result.report) });
}

/** @returns the address of the issue of a check that runs by the clock; an empty text where there is none */
async function issue({ issue, key, token }: Options, report: Report): Promise<string> {
  if (context.eventName !== 'schedule' || issue === 'off') return '';
  if (token === '') {
    core.warning('no issue: the input github-token is empty');
    return '';
  }
  const { runId, repo, serverUrl } = context;
  const run = `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`;
  const kept = await regressionIssue(openClient(token, { print: core.info }), repo, {
    ...describeRegression(report, key, run),
  });
  if (kept === null) return '';
  if ('url' in kept) {
    core.info(`Issue: ${kept.url}`);
    return kept.url;
  }
  core.warning(kept.warning);
  return '';
}

/**
 * Post the report of another run, which could not: that of a pull request from a fork, whose token may not write. The file is
 * data from a stranger: it is validated, rendered afresh, and decides nothing here.
 */
async function publish(options: Options, file: string): Promise<void> {
  const report = await readReport(file);
  const trouble = await writeSummary(renderSummary(report));
  if (trouble !== null) core.warning(trouble);
  const pullRequest =
    context.eventName === 'workflow_run' && options.token !== ''
      ? await pullRequestOfRun(openClient(options.token, { print: core.info }), context.payload)
      : pullRequestOf(context.eventName, context.payload);
  const body = renderComment(report, { key: options.key });
  setOutputs({
    verdict: report.verdict,
    report: resolve(file),
    comment: await comment(options, body, pullRequest),
  });
}

/** Measure and judge, with the progress in a group of the log and the result below it. */
async function checkAloud(options: Options): Promise<CheckResult> {
  const { checkpoint, reference, baseline, policy, device, only, seed, budgetSeconds, endpoint } = options;
  const approved = await approve(options);
  core.startGroup(`Measuring ${printable(checkpoint)}`);
  const onProgress = progressLog(core.info);
  const result = await withoutCommands(core.info, () =>
    check({
      checkpoint,
      reference,
      baseline,
      approved,
      policy,
      device,
      only,
      seed,
      budgetSeconds,
      endpoint,
      onProgress,
    }),
  ).finally(core.endGroup);
  await withoutCommands(core.info, () => core.info(renderTerminal(result.report, { color: true, width: LOG_WIDTH })));
  return result;
}

/** On a change, the baseline of the commit that it is to be merged into; else undefined: that of the workspace. */
async function approve({ baseline, token }: Options): Promise<BaselineSource | undefined> {
  const base = baseCommitOf(context.eventName, context.payload);
  if (base === null) return undefined;
  if (token === '') {
    core.warning(
      'the baseline is that of the workspace, which the change may have brought: the input github-token is empty',
    );
    return undefined;
  }
  const place = { path: baseline, head: context.sha, workspace: process.cwd() };
  const { source, note } = await approvedBaseline(openClient(token, { print: core.info }), base, place);
  core.info(printable(note));
  return source ?? undefined;
}

async function writeResults({ measurement, report }: CheckResult, body: string, out: string) {
  const folder = resolve(out);
  const files = { report: join(folder, 'report.json'), measurement: join(folder, 'measurement.json') };
  await writeJson(files.measurement, measurement);
  await writeJson(files.report, report);
  await writeFileAtomic(join(folder, 'comment.md'), `${body}\n`);
  return files;
}

/** @returns the comment's address, or an empty text: there is no comment without a pull request, a token and a wish */
async function comment(
  { comment, key, token }: Options,
  body: string,
  pullRequest: PullRequest | null,
): Promise<string> {
  if (comment === 'off') return '';
  if (pullRequest === null) {
    core.info(`No comment: the event ${context.eventName} is not about a pull request, or that has moved on.`);
    return '';
  }
  if (token === '') {
    core.warning('no comment: the input github-token is empty');
    return '';
  }
  const result = await stickyComment(openClient(token, { print: core.info }), pullRequest, {
    marker: commentMarker(key),
    body,
  });
  if ('url' in result) {
    core.info(`Comment: ${result.url}`);
    return result.url;
  }
  core.warning(result.warning);
  return '';
}

/** Nothing was judged, so there is no verdict to set: the step fails whatever `fail-on` says. */
function fail(error: unknown): void {
  const { kind, message } = describeError(error);
  if (kind === 'error') {
    core.setFailed(printable(message, 2000));
    return;
  }
  core.setFailed(`internal error: ${printable(message, 2000)} (enable debug logging for the stack)`);
  core.debug(error instanceof Error ? (error.stack ?? '') : '');
}
