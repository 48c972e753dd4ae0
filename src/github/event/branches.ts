import { z } from 'zod';
import type { WorkflowEvent } from './event.ts';

const pullRequestSchema = z.object({ pull_request: z.object({ base: z.object({ ref: z.string() }) }) });
const mergeGroupSchema = z.object({ merge_group: z.object({ base_ref: z.string() }) });
const visibilitySchema = z.object({ repository: z.object({ visibility: z.string() }) });
const defaultBranchSchema = z.object({ repository: z.object({ default_branch: z.string() }) });

type Payload = Pick<WorkflowEvent, 'payload'>;

/** The branch that a change will be merged into; the default branch if the event is not about a change. */
export function eventBaseBranch({ payload }: Payload): string | null {
  const pullRequest = pullRequestSchema.safeParse(payload);
  if (pullRequest.success) return pullRequest.data.pull_request.base.ref;
  const mergeGroup = mergeGroupSchema.safeParse(payload);
  if (mergeGroup.success) return branchOfRef(mergeGroup.data.merge_group.base_ref);
  return eventDefaultBranch({ payload });
}

/** Is this run about an unmerged change? Later runs do not compare with its measurement. */
export function isAboutChange({ payload }: Payload): boolean {
  return pullRequestSchema.safeParse(payload).success || mergeGroupSchema.safeParse(payload).success;
}

export function eventDefaultBranch({ payload }: Payload): string | null {
  return defaultBranchSchema.safeParse(payload).data?.repository.default_branch ?? null;
}

/** False if the event does not say. */
export function isOfPublicRepository({ payload }: Payload): boolean {
  return visibilitySchema.safeParse(payload).data?.repository.visibility === 'public';
}

/** `main` for `refs/heads/main`. */
export const branchOfRef = (ref: string): string => ref.replace(/^refs\/heads\//, '');

/** Is this a scheduled run, or one after a push to the default branch? Only such a run saves things for later runs. */
export function isOnDefaultBranch(event: WorkflowEvent): boolean {
  return event.name === 'schedule' || (event.name === 'push' && hasDefaultRef(event));
}

/** Was this run started by hand, on the default branch? */
export function isManualOnDefaultBranch(event: WorkflowEvent): boolean {
  return event.name === 'workflow_dispatch' && hasDefaultRef(event);
}

export function hasDefaultRef({ ref, payload }: WorkflowEvent): boolean {
  const branch = eventDefaultBranch({ payload });
  return branch !== null && ref === `refs/heads/${branch}`;
}
