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
 * out is approved already.
 */
export function baseCommitOf(eventName: string, payload: unknown): BaseCommit | null {
  if (eventName === 'pull_request' || eventName === 'pull_request_target') {
    const { data } = pullRequestSchema.safeParse(payload);
    return data ? at(data.repository, data.pull_request.base.sha) : null;
  }
  if (eventName !== 'merge_group') return null;
  const { data } = mergeGroupSchema.safeParse(payload);
  return data ? at(data.repository, data.merge_group.base_sha) : null;
}

function at({ name, owner }: z.infer<typeof repositorySchema>, sha: string): BaseCommit {
  return { owner: owner.login, repo: name, sha };
}
