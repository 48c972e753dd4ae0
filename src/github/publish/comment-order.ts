import type { ReportRun } from '../../report/markdown/index.ts';
import { requestErrorStatus } from '../client/errors.ts';
import type { Octokit, PullRequest, Repository } from '../client/types.ts';

/**
 * Is an existing comment newer than its replacement? A run about the head of the pull request is newer than one about
 * another commit; else the later run is.
 * @param theirs the run of the existing comment; null for a comment of 0.1 or 0.2, which does not name it
 * @param head the newest commit of the pull request; null if unknown
 */
export function isNewer(theirs: ReportRun | null, own: ReportRun, head: string | null): boolean {
  if (theirs === null) return false;
  const isAboutHead = (run: ReportRun) => run.commit !== null && run.commit === head;
  if (isAboutHead(theirs) !== isAboutHead(own)) return isAboutHead(theirs);
  return isLater(theirs, own);
}

export function isLater(theirs: ReportRun, own: ReportRun): boolean {
  return theirs.id > own.id || (theirs.id === own.id && theirs.attempt > own.attempt);
}

/**
 * Has the run begun that a comment names? Any job of this repository can write as the author of our comments, and a
 * number from the future would keep all later results out. If GitHub does not answer, it may have. Never throws.
 */
export async function hasBegun(octokit: Octokit, repository: Repository, theirs: ReportRun, own: ReportRun) {
  const attemptsOf = async ({ id }: ReportRun): Promise<number | null> => {
    try {
      const { owner, repo } = repository;
      const { data } = await octokit.rest.actions.getWorkflowRun({ owner, repo, run_id: id });
      return data.run_attempt ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      return requestErrorStatus(error) === 404 ? null : Number.POSITIVE_INFINITY;
    }
  };
  const attempts = await attemptsOf(theirs);
  // A token that does not see its own run sees no runs.
  return attempts === null ? (await attemptsOf(own)) === null : theirs.attempt <= attempts;
}

/** Null if GitHub does not answer. Never throws. */
export async function fetchPullRequestHead(octokit: Octokit, { owner, repo, number }: PullRequest) {
  try {
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
    return data.head.sha;
  } catch {
    return null;
  }
}
