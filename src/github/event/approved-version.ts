import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import type { Commit } from '../client/types.ts';
import { eventDefaultBranch, hasDefaultRef } from './branches.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

/** Which version of policy, baseline and other inputs of the verdict has been approved. */
export type ApprovedVersion =
  /** The commit that a change will be merged into. */
  | { readonly kind: 'base'; readonly commit: Commit }
  /** The default branch's: the run may be about anything. Null if the event does not name the branch. */
  | { readonly kind: 'default-branch'; readonly branch: string | null }
  /** The checked-out one: the run is about the default branch itself. */
  | { readonly kind: 'workspace' };

const pullRequestSchema = z.object({
  pull_request: z.object({ base: z.object({ sha: z.string().min(1) }) }),
  repository: repositorySchema,
});
const mergeGroupSchema = z.object({
  merge_group: z.object({ base_sha: z.string().min(1) }),
  repository: repositorySchema,
});

/** Events whose commit is that of a branch. */
const BRANCH_EVENTS: readonly string[] = ['push', 'workflow_dispatch', 'repository_dispatch'];

/**
 * The version that counts in a run. A review of a pull request is about a change too; an event about neither a change
 * nor a branch (a comment, a finished run, a deployment) may have checked out anything.
 * @throws UserError for an event about a change without its base commit: any other version would be a guess
 */
export function eventApprovedVersion(event: WorkflowEvent): ApprovedVersion {
  const { name, payload } = event;
  if (name === 'merge_group') {
    const { data } = mergeGroupSchema.safeParse(payload);
    if (!data) throw withoutBase(name);
    return { kind: 'base', commit: { ...data.repository, sha: data.merge_group.base_sha } };
  }
  if (name.startsWith('pull_request')) {
    const { data } = pullRequestSchema.safeParse(payload);
    if (!data) throw withoutBase(name);
    return { kind: 'base', commit: { ...data.repository, sha: data.pull_request.base.sha } };
  }
  if (name === 'schedule') return { kind: 'workspace' };
  if (BRANCH_EVENTS.includes(name) && hasDefaultRef(event)) return { kind: 'workspace' };
  return { kind: 'default-branch', branch: eventDefaultBranch({ payload }) };
}

function withoutBase(name: string): UserError {
  return new UserError(
    `the event ${name} does not name its base commit, so that the approved policy and baseline are unknown`,
    'run the action in a job of the workflow that the event started, with GITHUB_EVENT_PATH as the runner sets it',
  );
}

const headsSchema = z.object({
  pull_request: z.object({ head: z.object({ sha: z.string() }) }).optional(),
  workflow_run: z.object({ head_sha: z.string() }).optional(),
});

/** The commits that may contain the change: the run's own, and those that its event names. */
export function eventCommits({ sha, payload }: WorkflowEvent): string[] {
  const { data } = headsSchema.safeParse(payload);
  const named = [data?.pull_request?.head.sha, data?.workflow_run?.head_sha];
  return [...new Set([sha, ...named])].filter((commit) => commit !== undefined && commit !== '') as string[];
}

/**
 * The commit that a workflow checks out by default; null for an event that may have checked out anything. It merges a
 * change into its base, except in `pull_request_target`: that runs on the base branch, but its workflows check out the
 * change.
 */
export function eventUsualCommit({ name, payload, sha }: WorkflowEvent): string | null {
  if (name === 'pull_request_target') return headsSchema.safeParse(payload).data?.pull_request?.head.sha ?? null;
  return name === 'merge_group' || name === 'push' || name.startsWith('pull_request') ? sha : null;
}
