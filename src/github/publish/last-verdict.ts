import { VERDICTS, type Verdict } from '../../compare/report.ts';
import type { Octokit } from '../client/types.ts';
import type { CheckRun, CheckRunPlace } from './check-run.ts';
import { type ListedCheckRun, listCheckRuns } from './list-check-runs.ts';

/** A check run with a verdict on a commit. */
export interface EarlierVerdict extends Pick<CheckRun, 'conclusion' | 'title' | 'summary'> {
  readonly verdict: Verdict;
  /** Digest of the checkpoint that was judged. */
  readonly digest: string;
}

/**
 * The verdict that the last run of a check had on a commit. Null where that is not sure: there is none, another run is
 * on its way or was stopped, or GitHub does not say. Never throws.
 * @param own id of the check run that asks
 */
export async function lastVerdict(
  octokit: Octokit,
  place: Pick<CheckRunPlace, 'name' | 'commit'>,
  own: number,
): Promise<EarlierVerdict | null> {
  const all = await listCheckRuns(octokit, place).catch(() => null);
  // Another app may write a check run of the same name, which a required check of this app does not count.
  const app = all?.find(({ id }) => id === own)?.app?.id;
  const others = (all ?? []).filter((run) => run.id !== own && run.app?.id === app);
  if (app === undefined || others.some(({ status, completed_at }) => status !== 'completed' || completed_at === null))
    return null;
  const last = others.sort((a, b) => Date.parse(b.completed_at ?? '') - Date.parse(a.completed_at ?? ''))[0];
  return last === undefined ? null : judgedOf(last);
}

function judgedOf({
  conclusion,
  external_id: digest,
  output: { title, summary },
}: ListedCheckRun): EarlierVerdict | null {
  const verdict = VERDICTS.find((one) => title?.startsWith(`${one}: `) || title?.startsWith(`${one}, overridden: `));
  const isJudged = conclusion === 'success' || conclusion === 'failure' || conclusion === 'neutral';
  if (verdict === undefined || !isJudged || !digest || title === null || summary === null) return null;
  return { conclusion, title, summary, verdict, digest };
}
