import type { Report } from '../compare/report.ts';
import { pullRequestHeadOf } from '../github/event/pull-request.ts';
import { type Conclusion, conclusionOf, writeCheckRun } from '../github/publish/check-run.ts';
import { describeCheckRun } from '../report/markdown/check-run.ts';
import type { Origin } from '../report/markdown/origin.ts';
import type { KeyedRun, ReportingRun } from './action-run.ts';
import type { ActionContext } from './context.ts';
import { logOrWarn } from './results.ts';

interface CheckedReport {
  readonly report: Report;
  readonly origin: Origin | undefined;
  readonly htmlReport?: string | undefined;
}

/** Write the check run of this run, where the token may. After everything else that people read, and never an error. */
export async function writeOwnCheckRun(
  run: ReportingRun,
  context: ActionContext,
  checked: CheckedReport,
): Promise<void> {
  const commit = pullRequestHeadOf(context.event) ?? context.event.sha;
  const name = run.key === 'default' ? 'Shadow Gate' : `Shadow Gate: ${run.key}`;
  await write(run, context, { ...checked, commit, name, conclusion: conclusionOf(checked.report.verdict, run.failOn) });
}

/**
 * Write a check run with the report of another run, on the head of its pull request. It has a name of its own and is always neutral:
 * the numbers come from that run, and nobody shall require them in the place of its own check.
 */
export async function writeForeignCheckRun(
  run: KeyedRun,
  context: ActionContext,
  checked: CheckedReport & { readonly origin: Origin },
): Promise<void> {
  const { commit } = checked.origin;
  if (commit === null) return;
  const name = `Shadow Gate report${run.key === 'default' ? '' : `: ${run.key}`}`;
  await write(run, context, { ...checked, commit, name, conclusion: 'neutral' });
}

async function write(
  { key }: KeyedRun,
  context: ActionContext,
  checked: CheckedReport & { readonly commit: string; readonly name: string; readonly conclusion: Conclusion },
): Promise<void> {
  const { octokit, repository, docs, workflowFile, workflowRun } = context;
  const { report, origin, htmlReport, commit, ...rest } = checked;
  if (octokit === null || commit === '') return;
  const text = describeCheckRun(report, { key, docs, origin, htmlReport });
  const anchor = workflowFile ?? '.github/workflows';
  const result = await writeCheckRun(octokit, {
    ...{ ...text, ...rest, commit: { ...repository, sha: commit }, anchor },
    run: origin === undefined ? workflowRun.url : `${origin.repository}/actions/runs/${origin.id}`,
  });
  logOrWarn(context, 'Check run', result);
}
