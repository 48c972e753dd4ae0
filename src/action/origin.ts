import { eventPullRequestHead, type FinishedRun } from '../github/event/index.ts';
import type { Origin } from '../report/markdown/index.ts';
import type { ActionContext } from './context.ts';

/** The origin of this run's report; undefined if the runner does not name the run. */
export function ownOrigin({ event, repositoryUrl, workflowRun }: ActionContext): Origin | undefined {
  const { id, attempt } = workflowRun;
  if (!Number.isSafeInteger(id)) return undefined;
  const known = { id, attempt: Number.isSafeInteger(attempt) ? attempt : 1, commit: eventPullRequestHead(event) };
  return { ...known, head: null, repository: repositoryUrl, by: 'own' };
}

export function originOfRun({ id, attempt, commit, isFork }: FinishedRun, { repositoryUrl }: ActionContext): Origin {
  return { id, attempt, commit, head: null, repository: repositoryUrl, by: isFork ? 'fork' : 'pull-request' };
}
