import { z } from 'zod';

/** The commit that a change is to be merged into. */
export interface BaseCommit {
  readonly owner: string;
  readonly repo: string;
  readonly sha: string;
}

const repositorySchema = z.object({ name: z.string(), owner: z.object({ login: z.string() }) });
const pullRequestSchema = z.object({
  pull_request: z.object({ base: z.object({ sha: z.string() }) }),
  repository: repositorySchema,
});
const mergeGroupSchema = z.object({
  merge_group: z.object({ base_sha: z.string() }),
  repository: repositorySchema,
});

/**
 * The base commit of an event's payload; null for an event that is about no change, such as a push: what it has checked
 * out is approved already. A review of a pull request is about its commits as well.
 */
export function baseCommitOf(eventName: string, payload: unknown): BaseCommit | null {
  if (eventName === 'merge_group') {
    const { data } = mergeGroupSchema.safeParse(payload);
    return data ? at(data.repository, data.merge_group.base_sha) : null;
  }
  const { data } = pullRequestSchema.safeParse(payload);
  return data ? at(data.repository, data.pull_request.base.sha) : null;
}

const headSchema = z.object({ pull_request: z.object({ head: z.object({ sha: z.string() }) }) });

/**
 * The commit that has what a change brings.
 * @param sha of the run: the change merged into its base, but for `pull_request_target`, where it is of the base branch
 */
export function headCommitOf(eventName: string, payload: unknown, sha: string): string {
  if (eventName !== 'pull_request_target') return sha;
  return headSchema.safeParse(payload).data?.pull_request.head.sha ?? sha;
}

function at({ name, owner }: z.infer<typeof repositorySchema>, sha: string): BaseCommit {
  return { owner: owner.login, repo: name, sha };
}
