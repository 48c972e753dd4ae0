import { z } from 'zod';
import type { Octokit, PullRequest } from '../client/types.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

const payloadSchema = z.object({
  workflow_run: z.object({
    head_sha: z.string(),
    head_branch: z.string(),
    head_repository: z.object({ owner: z.object({ login: z.string() }) }),
  }),
  repository: repositorySchema,
});

/**
 * The open pull request that a finished workflow run was about, for the event `workflow_run`. The event lists no pull
 * request from a fork, so GitHub is asked for that of the run's branch. The run's own report is not used for this: the
 * author of the change may have written that too.
 * @returns null if there is none, or if it has moved on to another commit
 */
export async function pullRequestOfRun(
  octokit: Octokit,
  { payload }: Pick<WorkflowEvent, 'payload'>,
): Promise<PullRequest | null> {
  const { data: event } = payloadSchema.safeParse(payload);
  if (!event) return null;
  const { workflow_run: run, repository } = event;
  const { data: found } = await octokit.rest.pulls.list({
    ...repository,
    state: 'open',
    head: `${run.head_repository.owner.login}:${run.head_branch}`,
  });
  const own = found.find(({ head }) => head.sha === run.head_sha);
  return own ? { ...repository, number: own.number } : null;
}
