import { z } from 'zod';
import type { Octokit, PullRequest, Repository } from '../client/types.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

const payloadSchema = z.object({
  workflow_run: z.object({
    id: z.number().int(),
    run_attempt: z.number().int(),
    head_sha: z.string(),
    head_branch: z.string().nullable(),
    conclusion: z.string().nullable(),
    // Null for a fork that has been deleted.
    head_repository: z.object({ id: z.number().int(), owner: z.object({ login: z.string() }) }).nullable(),
  }),
  repository: z.intersection(repositorySchema, z.object({ id: z.number().int() })),
});

/** The run of another workflow that triggered this one. */
export interface FinishedRun {
  readonly id: number;
  readonly attempt: number;
  /** The head of the run's pull request. */
  readonly commit: string;
  /** GitHub's word, such as `success` or `failure`; null if it has not ended. */
  readonly conclusion: string | null;
  readonly isFork: boolean;
  readonly head: { readonly owner: string; readonly branch: string; readonly repositoryId: number } | null;
  readonly repository: Repository;
}

/** Null if the payload of `workflow_run` is not complete. */
export function eventFinishedRun({ payload }: Pick<WorkflowEvent, 'payload'>): FinishedRun | null {
  const { data: event } = payloadSchema.safeParse(payload);
  if (!event) return null;
  const { workflow_run: run, repository } = event;
  const { head_repository: from, head_branch: branch } = run;
  return {
    id: run.id,
    attempt: run.run_attempt,
    commit: run.head_sha,
    conclusion: run.conclusion,
    isFork: from?.id !== repository.id,
    head: from === null || branch === null ? null : { owner: from.owner.login, branch, repositoryId: from.id },
    repository: { owner: repository.owner, repo: repository.repo },
  };
}

/**
 * The open pull requests of a finished run; none if all have moved on to another commit. The event lists no pull
 * requests from forks, so GitHub is asked for those of the run's branch. The author of the change may have written the
 * run's report.
 */
export async function pullRequestsOfRun(octokit: Octokit, run: FinishedRun): Promise<PullRequest[]> {
  const { head, repository, commit } = run;
  if (head === null) return [];
  const found = await octokit.paginate(octokit.rest.pulls.list, {
    ...repository,
    state: 'open',
    head: `${head.owner}:${head.branch}`,
    per_page: 100,
  });
  return found
    .filter((pull) => pull.head.sha === commit && pull.head.label === `${head.owner}:${head.branch}`)
    .filter((pull) => (pull.head.repo?.id ?? head.repositoryId) === head.repositoryId)
    .map(({ number }) => ({ ...repository, number }));
}
