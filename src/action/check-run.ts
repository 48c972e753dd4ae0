import { judgedDigest, type Report } from '../compare/report.ts';
import { eventPullRequestHead } from '../github/event/index.ts';
import {
  type CheckRun,
  type CheckRunPlace,
  checkRunConclusion,
  type OpenedCheckRun,
  openCheckRun,
  writeCheckRun,
} from '../github/publish/index.ts';
import {
  type CheckRunText,
  describeCheckRun,
  describeNoVerdict,
  type Origin,
  type ShownOptions,
} from '../report/markdown/index.ts';
import type { KeyedRun, ReportingRun } from './action-run.ts';
import type { ActionContext, StepEnvironment } from './context.ts';
import { logOrWarn } from './results.ts';

interface CheckedReport extends ShownOptions {
  readonly report: Report;
}

/** Under this name, the end of the step finds the check run of its first process. */
const STATE = 'checkRun';

/** Open the check run before anything can go wrong, even with invalid inputs; null for a run without a verdict. */
export async function openOwnCheckRun(context: ActionContext): Promise<OpenedCheckRun | null> {
  const { octokit, runner } = context;
  const { input } = runner;
  const place = ownCheckPlace(context);
  const hasVerdict = input('shard') === '' && input('report') === '' && input('mode') !== 'calibrate';
  if (octokit === null || place.commit.sha === '' || !hasVerdict) return null;
  const opened = await openCheckRun(octokit, place);
  // If this process is killed, the step's own end finishes it.
  if ('id' in opened) runner.saveState(STATE, String(opened.id));
  return opened;
}

/** Finish the check run. @param isSaved false: the results could not be written, which fails the step */
export async function writeOwnCheckRun(
  run: ReportingRun,
  context: ActionContext,
  { isSaved, ...checked }: CheckedReport & { readonly isSaved: boolean },
): Promise<void> {
  const { checkRun: opened = null, runner } = context;
  if (opened !== null && 'none' in opened) return void logOrWarn(context, 'Check run', opened);
  const judged = checked.override ? 'neutral' : checkRunConclusion(checked.report.verdict, run.failOn);
  const conclusion = isSaved ? judged : 'failure';
  const id = opened !== null && 'id' in opened ? opened.id : null;
  const isWritten = await write(run, context, { ...checked, ...ownCheckPlace(context), conclusion, id });
  if (isWritten) runner.saveState(STATE, '');
}

/** Finish the check run as a failure without a verdict. Never throws. */
export const failOwnCheckRun = (context: ActionContext, message: string): Promise<void> =>
  finishOwnCheckRun(context, describeNoVerdict(message), 'failure');

/** Finish the check run without a verdict. Never throws. */
export async function finishOwnCheckRun(
  context: ActionContext,
  text: CheckRunText,
  conclusion: CheckRun['conclusion'],
): Promise<void> {
  const { octokit, checkRun: opened = null, runner } = context;
  if (octokit === null || opened === null || !('id' in opened)) return;
  const place = { ...ownCheckPlace(context), anchor: anchorOf(context), id: opened.id };
  const result = await writeCheckRun(octokit, { ...text, ...place, conclusion });
  if (logOrWarn(context, 'Check run', result) !== '') runner.saveState(STATE, '');
}

/** The check run that a killed process of this step left open; null without one. */
export const checkRunLeftOpen = ({ [`STATE_${STATE}`]: id = '' }: StepEnvironment): number | null =>
  /^\d+$/.test(id) ? Number(id) : null;

export function ownCheckPlace({ event, repository, runner, workflowRun }: ActionContext): CheckRunPlace {
  const key = runner.input('key');
  return {
    commit: { ...repository, sha: eventPullRequestHead(event) ?? event.sha },
    name: key === '' || key === 'default' ? 'Shadow Gate' : `Shadow Gate: ${key}`,
    run: workflowRun.url,
  };
}

const anchorOf = ({ workflowFile }: ActionContext): string => workflowFile ?? '.github/workflows';

/** Neutral, with another name: nobody shall require another run's report in place of that run's own check. */
export async function writeForeignCheckRun(
  run: KeyedRun,
  context: ActionContext,
  checked: CheckedReport & { readonly origin: Origin },
): Promise<void> {
  const { id, repository, commit } = checked.origin;
  if (commit === null) return;
  const name = `Shadow Gate report${run.key === 'default' ? '' : `: ${run.key}`}`;
  const place = { name, commit: { ...context.repository, sha: commit }, run: `${repository}/actions/runs/${id}` };
  await write(run, context, { ...checked, ...place, conclusion: 'neutral' });
}

async function write(
  { key }: KeyedRun,
  context: ActionContext,
  checked: CheckedReport & CheckRunPlace & Pick<CheckRun, 'conclusion' | 'id'>,
): Promise<boolean> {
  const { octokit, docs } = context;
  const { report, origin, htmlReport, override, overrideLabel, ...place } = checked;
  if (octokit === null || place.commit.sha === '') return false;
  const text = describeCheckRun(report, { key, docs, origin, htmlReport, override, overrideLabel });
  const about = { anchor: anchorOf(context), digest: judgedDigest(report.candidate) };
  const result = await writeCheckRun(octokit, { ...text, ...place, ...about });
  return logOrWarn(context, 'Check run', result) !== '';
}
