import { isTextEdit } from '../github/event/index.ts';
import { type EarlierVerdict, lastVerdict } from '../github/publish/index.ts';
import { printable } from '../report/escape.ts';
import type { ActionRun } from './action-run.ts';
import { finishOwnCheckRun, ownCheckPlace } from './check-run.ts';
import type { ActionContext } from './context.ts';

/**
 * The verdict that this commit has already, where nothing but the title or the text of its pull request changed. A job
 * that GitHub skips counts as a success, so that the job runs, and ends as the one before. Null: there is none that is
 * sure, and the check goes on.
 */
export async function findRepeat(run: ActionRun, context: ActionContext): Promise<EarlierVerdict | null> {
  const { event, octokit, checkRun: opened = null } = context;
  const isWhole = run.kind === 'gate' || run.kind === 'logs';
  if (!isWhole || octokit === null || opened === null || !('id' in opened) || !isTextEdit(event)) return null;
  return lastVerdict(octokit, ownCheckPlace(context), opened.id);
}

const LEVELS = { failure: 'error', neutral: 'warning', success: 'notice' } as const;
const MAX_TITLE = 300;

/** End as the check before did. */
export async function reportRepeat(judged: EarlierVerdict, context: ActionContext): Promise<void> {
  const { runner } = context;
  const { conclusion, title, summary, verdict, digest } = judged;
  if (conclusion === 'failure') runner.failStep();
  runner.setOutputs({ verdict });
  const message = `${printable(title, MAX_TITLE)} (only the title or the text of the pull request changed: this is what the last check of this commit found)`;
  runner.annotate({ level: LEVELS[conclusion], message });
  await finishOwnCheckRun(context, { title, summary, annotations: [], digest }, conclusion);
}
