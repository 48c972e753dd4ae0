import type { Finding } from '../compare/finding.ts';
import { isAcceptable } from '../compare/index.ts';
import { judgedDigest, type Report } from '../compare/report.ts';
import { whoLabeled } from '../github/approved/index.ts';
import { isSameName } from '../github/client/index.ts';
import { eventAuthor, eventLabel, eventPullRequest } from '../github/event/index.ts';
import { isFailure, whyNotFailedBefore } from '../github/publish/index.ts';
import { printable } from '../report/escape.ts';
import type { Override } from '../report/markdown/index.ts';
import { wordsOf } from '../report/summary/index.ts';
import type { ReportingRun } from './action-run.ts';
import { ownCheckPlace } from './check-run.ts';
import type { ActionContext } from './context.ts';

/**
 * Find the label that turns this failed check neutral: somebody with write access, other than the author, put it there
 * after a check of this commit and checkpoint had failed. It counts in the run that the label started, whose event
 * names the commit. Null without one; a warning says why a label does not count.
 */
export async function findOverride(
  { override: label, failOn }: Pick<ReportingRun, 'override' | 'failOn'>,
  report: Report,
  context: ActionContext,
): Promise<Override | null> {
  const { event, runner } = context;
  if (label === undefined || !isFailure(report.verdict, failOn) || eventLabel(event, label) === null) return null;
  const found = await assess(label, report, context);
  if ('login' in found) return { label, login: found.login };
  runner.warning(printable(`the label ${label} does not override this check: ${found.refused}`));
  return null;
}

/** The label that could turn this failed check neutral; undefined if none could, or one has. */
export function offeredLabel(
  { override: label, failOn }: Pick<ReportingRun, 'override' | 'failOn'>,
  { report, override }: { readonly report: Report; readonly override: Override | null },
  { event, checkRun = null }: Pick<ActionContext, 'event' | 'checkRun'>,
): string | undefined {
  const isFailed = override === null && isFailure(report.verdict, failOn) && eventPullRequest(event) !== null;
  // Without a check run, the next run would not find that this one has failed.
  const isOffered = isFailed && checkRun !== null && 'id' in checkRun && !countsAlways(report);
  return isOffered ? label : undefined;
}

/** A finding that no label overrides. With a changed input, accepting a loss would also accept looser limits. */
const countsAlways = ({ findings }: Pick<Report, 'findings'>): Finding | undefined =>
  findings.find((finding) => finding.kind === 'changed-input' || (isDecisive(finding) && !isAcceptable(finding)));

export const PUT_BEFORE = 'it was put there before this run; put it there again, for this commit';

async function assess(
  label: string,
  report: Report,
  context: ActionContext,
): Promise<{ readonly login: string } | { readonly refused: string }> {
  const { event, octokit, checkRun: own = null } = context;
  const pullRequest = eventPullRequest(event);
  const always = countsAlways(report);
  if (always !== undefined) {
    const path = always.kind === 'changed-input' ? ` (${always.path})` : '';
    return { refused: `“${wordsOf(always).title}”${path} counts always` };
  }
  if (eventLabel(event, label) !== 'labeled' || pullRequest === null) return { refused: PUT_BEFORE };
  const who = await whoLabeled(octokit, pullRequest, label);
  if ('refused' in who || octokit === null) return who;
  const author = eventAuthor(event);
  if (author === null) return { refused: 'GitHub does not say who opened this pull request' };
  if (isSameName(author, who.login)) {
    return { refused: `${who.login}, who put it there, opened this pull request; somebody else has to decide` };
  }
  if (own === null || !('id' in own)) return { refused: 'this run has no check run, which needs `checks: write`' };
  const check = { ...ownCheckPlace(context), own: own.id, digest: judgedDigest(report.candidate), before: who.at };
  const refused = await whyNotFailedBefore(octokit, check);
  return refused === null ? who : { refused };
}

const isDecisive = ({ level }: Finding): boolean => level === 'fail' || level === 'inconclusive';
