import { z } from 'zod';
import type { Repository } from '../client/types.ts';

/** What started the run of a workflow. */
export interface WorkflowEvent {
  /** Such as `pull_request` or `push`. */
  readonly name: string;
  /** The JSON that GitHub sends with it: every reader takes what it needs, and validates that. */
  readonly payload: unknown;
  /** The ref of the run, such as `refs/heads/main`. */
  readonly ref: string;
  /** The commit of the run. */
  readonly sha: string;
}

/** A payload's `repository`. */
export const repositorySchema = z
  .object({ name: z.string(), owner: z.object({ login: z.string() }) })
  .transform(({ name, owner }): Repository => ({ owner: owner.login, repo: name }));
