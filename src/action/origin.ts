import { eventPullRequestHead, type FinishedRun } from '../github/event/index.ts';
import type { Origin } from '../report/markdown/index.ts';
import type { ActionContext } from './context.ts';

/** Where a report of this run comes from; undefined on a runner that does not say which run this is. */
export function ownOrigin({ event, repositoryUrl, workflowRun }: ActionContext): Origin | undefined {
  const { id, attempt } = workflowRun;
  if (!Number.isSafeInteger(id)) return undefined;
  const commit = eventPullRequestHead(event);
  return {
    ...{ id, attempt: Number.isSafeInteger(attempt) ? attempt : 1, commit, head: null },
    ...{ repository: repositoryUrl, by: 'own' },
  };
}

/** Where a report of another run comes from: that of a pull request. */
export function originOfRun({ id, attempt, commit, isFork }: FinishedRun, { repositoryUrl }: ActionContext): Origin {
  return { id, attempt, commit, head: null, repository: repositoryUrl, by: isFork ? 'fork' : 'pull-request' };
}
