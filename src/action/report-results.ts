import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import type { Report } from '../compare/report.ts';
import type { CheckResult } from '../gate/check.ts';
import { MEASUREMENT_FILE, REPORT_FILE } from '../github/approved/baseline-from-artifact.ts';
import { type PullRequest, pullRequestOf } from '../github/event/pull-request.ts';
import { announce } from '../github/publish/annotation.ts';
import { stickyComment } from '../github/publish/comment.ts';
import { regressionIssue } from '../github/publish/issue.ts';
import { setOutputs } from '../github/publish/outputs.ts';
import { writeSummary } from '../github/publish/summary.ts';
import { writeFileAtomic, writeJson } from '../platform/write-file.ts';
import { commentMarker, renderComment } from '../report/markdown/comment.ts';
import { describeRegression } from '../report/markdown/issue.ts';
import { renderSummary } from '../report/markdown/summary.ts';
import { clientOf, runUrl } from './clients.ts';
import type { Options } from './inputs.ts';

/** Where the results lie, as absolute paths. */
export interface ResultFiles {
  readonly report: string;
  readonly measurement: string;
}

/** Say what came out. The verdict comes first and the comment last: what can fail later cannot change it. */
export async function deliver(options: Options, { measurement, report }: CheckResult): Promise<ResultFiles> {
  const body = renderComment(report, { key: options.key });
  const folder = resolve(options.out);
  const files = { report: join(folder, REPORT_FILE), measurement: join(folder, MEASUREMENT_FILE) };
  await writeJson(files.measurement, measurement);
  await writeJson(files.report, report);
  await writeFileAtomic(join(folder, 'comment.md'), `${body}\n`);

  announce(report, options.failOn, options.key);
  setOutputs({ verdict: report.verdict, ...files });
  await summarise(report);
  setOutputs({ comment: await comment(options, body, pullRequestOf(context.eventName, context.payload)) });
  setOutputs({ issue: await issue(options, report) });
  return files;
}

export async function summarise(report: Report): Promise<void> {
  const trouble = await writeSummary(renderSummary(report));
  if (trouble !== null) core.warning(trouble);
}

/** @returns the comment's address, or an empty text: there is no comment without a pull request, a token and a wish */
export async function comment(options: Options, body: string, pullRequest: PullRequest | null): Promise<string> {
  if (options.comment === 'off') return '';
  if (pullRequest === null) {
    core.info(`No comment: the event ${context.eventName} is not about a pull request, or that has moved on.`);
    return '';
  }
  const octokit = clientOf(options);
  if (octokit === null) return tokenless('comment');
  return told('Comment', await stickyComment(octokit, pullRequest, { marker: commentMarker(options.key), body }));
}

/** @returns the address of the issue of a check that runs by the clock; an empty text where there is none */
async function issue(options: Options, report: Report): Promise<string> {
  if (context.eventName !== 'schedule' || options.issue === 'off') return '';
  const octokit = clientOf(options);
  if (octokit === null) return tokenless('issue');
  const kept = await regressionIssue(octokit, context.repo, describeRegression(report, options.key, runUrl()));
  return kept === null ? '' : told('Issue', kept);
}

export function tokenless(what: string): string {
  core.warning(`no ${what}: the input github-token is empty`);
  return '';
}

/** Log what was written to GitHub, or warn that it was not. @returns the address, or an empty text */
export function told(what: string, result: { readonly url: string } | { readonly warning: string }): string {
  if ('warning' in result) {
    core.warning(result.warning);
    return '';
  }
  core.info(`${what}: ${result.url}`);
  return result.url;
}
