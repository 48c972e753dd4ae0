import { z } from 'zod';
import type { Commit } from '../client/types.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

const pullRequestSchema = z.object({
  pull_request: z.object({ base: z.object({ sha: z.string() }) }),
  repository: repositorySchema,
});
const mergeGroupSchema = z.object({
  merge_group: z.object({ base_sha: z.string() }),
  repository: repositorySchema,
});

/**
 * The commit that an event's change is to be merged into. Null for an event that is not about a change, such as a push:
 * what it has checked out is approved already. A review of a pull request is about a change too.
 */
export function baseCommitOf({ name, payload }: Pick<WorkflowEvent, 'name' | 'payload'>): Commit | null {
  if (name === 'merge_group') {
    const { data } = mergeGroupSchema.safeParse(payload);
    return data ? { ...data.repository, sha: data.merge_group.base_sha } : null;
  }
  const { data } = pullRequestSchema.safeParse(payload);
  return data ? { ...data.repository, sha: data.pull_request.base.sha } : null;
}

const headSchema = z.object({ pull_request: z.object({ head: z.object({ sha: z.string() }) }) });

/**
 * The commit that contains the change. It is the commit of the run, which merges the change into its base, except in
 * `pull_request_target`, whose runs are about the base branch.
 */
export function headCommitOf({ name, payload, sha }: WorkflowEvent): string {
  if (name !== 'pull_request_target') return sha;
  return headSchema.safeParse(payload).data?.pull_request.head.sha ?? sha;
}
