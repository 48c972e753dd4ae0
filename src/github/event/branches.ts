import { z } from 'zod';
import type { WorkflowEvent } from './event.ts';

const pullRequestSchema = z.object({ pull_request: z.object({ base: z.object({ ref: z.string() }) }) });
const mergeGroupSchema = z.object({ merge_group: z.object({ base_ref: z.string() }) });
const visibilitySchema = z.object({ repository: z.object({ visibility: z.string() }) });
const defaultBranchSchema = z.object({ repository: z.object({ default_branch: z.string() }) });

type Payload = Pick<WorkflowEvent, 'payload'>;

/**
 * The branch that an event's change is to be merged into; for an event that is not about a change, the default branch.
 */
export function eventBaseBranch({ payload }: Payload): string | null {
  const pullRequest = pullRequestSchema.safeParse(payload);
  if (pullRequest.success) return pullRequest.data.pull_request.base.ref;
  const mergeGroup = mergeGroupSchema.safeParse(payload);
  if (mergeGroup.success) return branchOfRef(mergeGroup.data.merge_group.base_ref);
  return eventDefaultBranch({ payload });
}

/** Is this run about a change that has not been merged? What it measures is not what later runs compare with. */
export function isAboutChange({ payload }: Payload): boolean {
  return pullRequestSchema.safeParse(payload).success || mergeGroupSchema.safeParse(payload).success;
}

export function eventDefaultBranch({ payload }: Payload): string | null {
  return defaultBranchSchema.safeParse(payload).data?.repository.default_branch ?? null;
}

/** Is the repository public? False where the event does not say so. */
export function isOfPublicRepository({ payload }: Payload): boolean {
  return visibilitySchema.safeParse(payload).data?.repository.visibility === 'public';
}

/** `main` for `refs/heads/main`. */
export const branchOfRef = (ref: string): string => ref.replace(/^refs\/heads\//, '');

/**
 * Is this run about what has been merged already: a scheduled run, or one after a push to the default branch? Only such
 * a run leaves something for later runs.
 */
export function isOnDefaultBranch({ name, ref, payload }: WorkflowEvent): boolean {
  if (name === 'schedule') return true;
  const branch = eventDefaultBranch({ payload });
  return name === 'push' && branch !== null && ref === `refs/heads/${branch}`;
}

/** Has somebody started this run by hand, and for the default branch? */
export function isManualOnDefaultBranch({ name, ref, payload }: WorkflowEvent): boolean {
  const branch = eventDefaultBranch({ payload });
  return name === 'workflow_dispatch' && branch !== null && ref === `refs/heads/${branch}`;
}
