import { whoLabeled } from '../github/approved/index.ts';
import { eventLabel, eventPullRequest } from '../github/event/index.ts';
import { printable } from '../report/escape.ts';
import { describeSkipped } from '../report/markdown/index.ts';
import type { ActionRun } from './action-run.ts';
import { finishOwnCheckRun } from './check-run.ts';
import type { ActionContext } from './context.ts';
import { PUT_BEFORE } from './override.ts';
import { addSummary } from './report-results.ts';

interface Skip {
  readonly label: string;
  readonly login: string;
}

/**
 * A label counts for the commit that it saw: in the run that it started, and in that of the opening. Null for a run
 * that goes on; a warning says why a label does not count.
 */
export async function findSkip(run: ActionRun, { event, octokit, runner }: ActionContext): Promise<Skip | null> {
  const label = 'skip' in run ? run.skip : undefined;
  const pullRequest = eventPullRequest(event);
  if (label === undefined || pullRequest === null) return null;
  const came = eventLabel(event, label);
  if (came === null) return null;
  const who = came === 'earlier' ? { refused: PUT_BEFORE } : await whoLabeled(octokit, pullRequest, label);
  if ('login' in who) return { label, login: who.login };
  runner.warning(printable(`the label ${label} does not skip this check: ${who.refused}`));
  return null;
}

/** Report that nothing was judged: neither a success nor a failure. */
export async function reportSkip(skip: Skip, context: ActionContext): Promise<void> {
  const { runner } = context;
  const text = describeSkipped(skip);
  runner.setOutputs({ verdict: 'skipped' });
  runner.annotate({ level: 'notice', message: text.title });
  await addSummary(text.summary, context);
  await finishOwnCheckRun(context, text, 'neutral');
}
