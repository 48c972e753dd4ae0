import { z } from 'zod';
import type { Octokit } from '../client/author.ts';
import type { PullRequest } from './pull-request.ts';

const payloadSchema = z.object({
  workflow_run: z.object({
    head_sha: z.string(),
    head_branch: z.string(),
    head_repository: z.object({ owner: z.object({ login: z.string() }) }),
  }),
  repository: z.object({ name: z.string(), owner: z.object({ login: z.string() }) }),
});

/**
 * The open pull request whose commit a finished workflow run was about, of the payload of `workflow_run`. The event lists
 * none for a pull request from a fork, so GitHub is asked for that of the run's branch; of the run's own report nothing is
 * taken, since whoever wrote the change may have written that too.
 * @returns null where there is none, or it has moved on to another commit
 */
export async function pullRequestOfRun(octokit: Octokit, payload: unknown): Promise<PullRequest | null> {
  const { data: event } = payloadSchema.safeParse(payload);
  if (!event) return null;
  const { workflow_run: run, repository } = event;
  const [owner, repo] = [repository.owner.login, repository.name];
  const { data: found } = await octokit.rest.pulls.list({
    owner,
    repo,
    state: 'open',
    head: `${run.head_repository.owner.login}:${run.head_branch}`,
  });
  const own = found.find(({ head }) => head.sha === run.head_sha);
  return own ? { owner, repo, number: own.number } : null;
}
