import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import type { Report } from '../compare/report.ts';
import type { Octokit } from '../github/client/author.ts';
import { defaultBranchOf } from '../github/event/branches.ts';
import { type Artifacts, artifactsOf } from '../github/storage/artifacts.ts';
import { appendHistory, entryOf, formatHistory, type HistoryEntry, parseHistory } from '../history/entry.ts';
import { assessTrend, withTrend } from '../history/trend.ts';
import { UserError } from '../platform/user-error.ts';
import { writeFileAtomic } from '../platform/write-file.ts';
import type { Policy } from '../policy/policy.ts';
import { printable } from '../report/escape.ts';
import { artifactsOfRun, clientOf, runUrl } from './clients.ts';
import type { Options } from './inputs.ts';
import { folderOf } from './key-folder.ts';
import { tokenless } from './report-results.ts';

const FILE = 'history.jsonl';

/** A history of which so many copies in a row are damaged is to be looked at by somebody. */
const MAX_COPIES = 5;

/** A report that knows what came before it, and how to leave that for the next. */
export interface Remembered {
  readonly report: Report;
  /** Last, when the verdict is out. Never throws. */
  readonly keep: () => Promise<void>;
}

/**
 * What a check by the clock is in the row of those before it. Their history is an artifact of the last such run; where that cannot be
 * read, this check stands alone and leaves none, so that the next may find the old one.
 */
export async function remember(options: Options, report: Report, policy: Policy): Promise<Remembered> {
  const alone = { report, keep: async () => {} };
  if (context.eventName !== 'schedule' || options.artifact === 'off') return alone;
  const octokit = clientOf(options);
  if (octokit === null) {
    tokenless('history');
    return alone;
  }
  const artifacts = artifactsOfRun(options);
  const name = `shadow-gate-history-${folderOf(options.key)}`;
  const past = await pastOf(octokit, artifacts, name);
  if (past === null) return alone;
  const run = { id: String(context.runId), url: runUrl() };
  const entry = entryOf(report, { time: new Date().toISOString(), run, commit: context.sha, policy });
  const history = appendHistory(past, entry);
  core.info(`History: ${history.length} ${history.length === 1 ? 'check' : 'checks'}`);
  return {
    report: withTrend(report, assessTrend(history, policy)),
    keep: () => keep(artifacts, name, join(resolve(options.out), FILE), history),
  };
}

/** Empty where no run has left one; null, and a warning, where GitHub does not say. */
async function pastOf(octokit: Octokit, artifacts: Artifacts, name: string): Promise<HistoryEntry[] | null> {
  const branch = defaultBranchOf(context.payload);
  if (branch === null) return warn('the event does not say the default branch');
  try {
    let damaged = 0;
    for await (const found of artifactsOf(octokit, context.repo, { name, branch })) {
      const past = parsed(name, (await artifacts.read(found.id, found)).get(FILE));
      if (past !== null) return past;
      damaged += 1;
      if (damaged === MAX_COPIES) return warn(`the last ${MAX_COPIES} artifacts ${name} are damaged`);
    }
    return [];
  } catch (error) {
    return warn(`${(error as Error).message} (it needs \`permissions: actions: read\`)`);
  }
}

/** Null, and a line in the log, for what is no history. */
function parsed(name: string, text: string | undefined): HistoryEntry[] | null {
  try {
    if (text === undefined) throw new UserError(`artifact ${name} holds no ${FILE}`, 'the one before it is taken');
    return parseHistory(text, name);
  } catch (error) {
    core.info(printable((error as Error).message));
    return null;
  }
}

function warn(why: string): null {
  core.warning(printable(`this check stands alone, since the history could not be read: ${why}`));
  return null;
}

async function keep(artifacts: Artifacts, name: string, path: string, history: readonly HistoryEntry[]): Promise<void> {
  try {
    await writeFileAtomic(path, formatHistory(history));
    await artifacts.upload(name, [path]);
  } catch (error) {
    core.warning(printable(`the history was not kept: ${(error as Error).message}`));
  }
}
