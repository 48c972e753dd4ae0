import type { Finding } from '../compare/finding.ts';
import { isAcceptable } from '../compare/index.ts';
import { judgedDigest, type Report } from '../compare/report.ts';
import { whoLabeled } from '../github/approved/index.ts';
import { eventLabels, eventNewLabel, eventPullRequest } from '../github/event/index.ts';
import { isFailure, whyNotFailedBefore } from '../github/publish/index.ts';
import { printable } from '../report/escape.ts';
import type { Override } from '../report/markdown/index.ts';
import { wordsOf } from '../report/text/index.ts';
import type { ReportingRun } from './action-run.ts';
import { ownCheckPlace } from './check-run.ts';
import type { ActionContext } from './context.ts';

/**
 * Whether a label turns this failed check neutral: put on the pull request by somebody who may write, after a check of
 * this commit and this checkpoint had failed. It counts in the run that the label itself started, whose event names the
 * commit. Null without; if a label is there and does not count, a warning says why.
 */
export async function findOverride(
  { override: label, failOn }: Pick<ReportingRun, 'override' | 'failOn'>,
  report: Report,
  context: ActionContext,
): Promise<Override | null> {
  const { event, runner } = context;
  if (label === undefined || !isFailure(report.verdict, failOn) || !eventLabels(event).includes(label)) return null;
  const found = await assess(label, report, context);
  if ('login' in found) return { label, login: found.login };
  runner.warning(printable(`the label ${label} does not override this check: ${found.refused}`));
  return null;
}

/**
 * The label of the workflow that would turn this failed check neutral; undefined where none would, or one has already.
 */
export function offeredLabel(
  { override: label, failOn }: Pick<ReportingRun, 'override' | 'failOn'>,
  { report, override }: { readonly report: Report; readonly override: Override | null },
  { event }: Pick<ActionContext, 'event'>,
): string | undefined {
  const isOffered =
    override === null && isFailure(report.verdict, failOn) && eventPullRequest(event) !== null && !countsAlways(report);
  return isOffered ? label : undefined;
}

/** What no label overrides. */
const countsAlways = ({ findings }: Pick<Report, 'findings'>): Finding | undefined =>
  findings.find((finding) => isDecisive(finding) && !isAcceptable(finding));

async function assess(
  label: string,
  report: Report,
  context: ActionContext,
): Promise<{ readonly login: string } | { readonly refused: string }> {
  const { event, octokit } = context;
  const pullRequest = eventPullRequest(event);
  const always = countsAlways(report);
  if (always !== undefined) return { refused: `“${wordsOf(always).title}” counts always` };
  if (eventNewLabel(event) !== label || pullRequest === null) {
    return { refused: 'it was put there before this run; put it there again, for this commit' };
  }
  const who = await whoLabeled(octokit, pullRequest, label);
  if ('refused' in who || octokit === null) return who;
  const place = { ...ownCheckPlace(context), digest: judgedDigest(report.candidate), before: who.at };
  const refused = await whyNotFailedBefore(octokit, place);
  return refused === null ? who : { refused };
}

const isDecisive = ({ level }: Finding): boolean => level === 'fail' || level === 'inconclusive';
