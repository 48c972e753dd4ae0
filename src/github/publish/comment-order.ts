import type { ReportRun } from '../../report/markdown/origin.ts';
import type { Octokit, PullRequest } from '../client/types.ts';

/**
 * Is an existing comment newer than the one that is to replace it? A run about the head of the pull request is newer than
 * one about another commit; else the later run is.
 * @param theirs the run of the existing comment; null for a comment of 0.1 or 0.2, which does not say
 * @param head the newest commit of the pull request; null if it is not known
 */
export function isNewer(theirs: ReportRun | null, own: ReportRun, head: string | null): boolean {
  if (theirs === null) return false;
  const isAboutHead = (run: ReportRun) => run.commit !== null && run.commit === head;
  if (isAboutHead(theirs) !== isAboutHead(own)) return isAboutHead(theirs);
  return theirs.id > own.id || (theirs.id === own.id && theirs.attempt > own.attempt);
}

/** The newest commit of a pull request; null if GitHub does not say. Never throws. */
export async function headOf(octokit: Octokit, { owner, repo, number }: PullRequest): Promise<string | null> {
  try {
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
    return data.head.sha;
  } catch {
    return null;
  }
}
