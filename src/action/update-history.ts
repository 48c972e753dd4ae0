import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { writeFileAtomic } from '@shadow-gate/platform/files';
import type { TrendOverride } from '../compare/index.ts';
import type { Report } from '../compare/report.ts';
import { labelingsSince } from '../github/approved/index.ts';
import type { Octokit } from '../github/client/index.ts';
import { eventDefaultBranch } from '../github/event/index.ts';
import { artifactsOnBranch } from '../github/storage/index.ts';
import { appendHistory, formatHistory, type HistoryEntry, historyEntry, parseHistory } from '../history/entry.ts';
import { assessTrend, withTrend } from '../history/trend.ts';
import { printable } from '../report/escape.ts';
import type { ReportingRun } from './action-run.ts';
import type { ActionContext } from './context.ts';
import { HISTORY_FILE } from './out-folder.ts';
import { type ActionResults, warnMissingToken } from './results.ts';

/** So many damaged copies in a row need a person to look at them. */
const MAX_DAMAGED = 5;

interface HistoryUpdate {
  readonly report: Report;
  /** Save the history for the next check. Called last, after the verdict. Never throws. */
  readonly save: () => Promise<void>;
}

/** With an unreadable history, this check is judged alone and saves none, so that the next may find the old one. */
export async function updateHistory({
  run,
  context,
  report,
  beside,
  policy: { policy },
}: ActionResults): Promise<HistoryUpdate> {
  const { event, octokit, runner, workflowRun, now } = context;
  const alone = { report, save: async () => {} };
  if (event.name !== 'schedule' || run.artifact === 'off') return alone;
  if (octokit === null) {
    warnMissingToken(context, 'history');
    return alone;
  }
  const name = `shadow-gate-history-${run.slug}`;
  const past = await readHistory(octokit, context, name);
  if (past === null) return alone;
  const { id, url } = workflowRun;
  const time = now().toISOString();
  const overrides = await overridesSince(past.at(-1)?.time, run, octokit, context);
  const occasion = { time, run: { id: String(id), url }, commit: event.sha, policy };
  // The evidence of the milder check alone would hide a drift.
  const before = beside === undefined ? past : appendHistory(past, historyEntry(beside, occasion));
  const history = appendHistory(before, historyEntry(report, { ...occasion, overrides }));
  runner.info(`History: ${history.length} ${history.length === 1 ? 'check' : 'checks'}`);
  return {
    report: withTrend(report, assessTrend(history, policy)),
    save: () => saveHistory(run, context, { name, history }),
  };
}

/** Empty if no run has left one; null, with a warning, if it cannot be read. */
async function readHistory(octokit: Octokit, context: ActionContext, name: string): Promise<HistoryEntry[] | null> {
  const { artifacts, repository, event } = context;
  const branch = eventDefaultBranch(event);
  if (branch === null) return warnUnreadable(context, 'the event does not name the default branch');
  try {
    let damaged = 0;
    for await (const found of artifactsOnBranch(octokit, repository, { name, branch })) {
      const past = parseCopy(context, name, (await artifacts.read(found.id, found)).get(HISTORY_FILE));
      if (past !== null) return past;
      damaged += 1;
      if (damaged === MAX_DAMAGED) {
        return warnUnreadable(context, `the last ${MAX_DAMAGED} artifacts ${name} are damaged`);
      }
    }
    return [];
  } catch (error) {
    return warnUnreadable(context, `${(error as Error).message} (it needs \`permissions: actions: read\`)`);
  }
}

/** Empty before the first check of a history and, with a warning, if they cannot be read. */
async function overridesSince(
  since: string | undefined,
  { override: label }: ReportingRun,
  octokit: Octokit,
  { repository, runner }: ActionContext,
): Promise<TrendOverride[]> {
  if (label === undefined || since === undefined) return [];
  try {
    return await labelingsSince(octokit, repository, { label, since });
  } catch (error) {
    runner.warning(printable(`the history does not name who overrode a check: ${(error as Error).message}`));
    return [];
  }
}

/** Null, and a line in the log, for a damaged copy. */
function parseCopy({ runner }: ActionContext, name: string, text: string | undefined): HistoryEntry[] | null {
  try {
    if (text === undefined)
      throw new UserError(`artifact ${name} has no file ${HISTORY_FILE}`, 'the one before it is used');
    return parseHistory(text, name);
  } catch (error) {
    runner.info(printable((error as Error).message));
    return null;
  }
}

function warnUnreadable({ runner }: ActionContext, cause: string): null {
  runner.warning(printable(`this check is judged without the history, which could not be read: ${cause}`));
  return null;
}

async function saveHistory(
  { out }: ReportingRun,
  { artifacts, runner }: ActionContext,
  { name, history }: { name: string; history: readonly HistoryEntry[] },
): Promise<void> {
  try {
    const path = join(out, HISTORY_FILE);
    await writeFileAtomic(path, formatHistory(history));
    await artifacts.upload(name, [path]);
  } catch (error) {
    runner.warning(printable(`the history was not saved: ${(error as Error).message}`));
  }
}
