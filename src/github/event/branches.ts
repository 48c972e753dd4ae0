import { z } from 'zod';

const pullRequestSchema = z.object({ pull_request: z.object({ base: z.object({ ref: z.string() }) }) });
const mergeGroupSchema = z.object({ merge_group: z.object({ base_ref: z.string() }) });
const repositorySchema = z.object({ repository: z.object({ default_branch: z.string() }) });

const HEADS = /^refs\/heads\//;

/** The branch that an event's change is to be merged into; for an event about no change, the default branch. */
export function baseBranchOf(payload: unknown): string | null {
  const pullRequest = pullRequestSchema.safeParse(payload);
  if (pullRequest.success) return pullRequest.data.pull_request.base.ref;
  const mergeGroup = mergeGroupSchema.safeParse(payload);
  if (mergeGroup.success) return mergeGroup.data.merge_group.base_ref.replace(HEADS, '');
  return defaultBranchOf(payload);
}

export function defaultBranchOf(payload: unknown): string | null {
  return repositorySchema.safeParse(payload).data?.repository.default_branch ?? null;
}

/**
 * Is this a run on what has been merged already: by the clock, or after a push to the default branch? Only such a run
 * leaves something for later runs.
 * @param ref such as `refs/heads/main`
 */
export function isOnDefaultBranch(eventName: string, ref: string, payload: unknown): boolean {
  if (eventName === 'schedule') return true;
  const branch = defaultBranchOf(payload);
  return eventName === 'push' && branch !== null && ref === `refs/heads/${branch}`;
}
