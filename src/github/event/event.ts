import { z } from 'zod';
import type { Repository } from '../client/types.ts';

export interface WorkflowEvent {
  /** Such as `pull_request` or `push`. */
  readonly name: string;
  /** GitHub's JSON: every reader validates its part. */
  readonly payload: unknown;
  /** The ref of the run, such as `refs/heads/main`. */
  readonly ref: string;
  readonly sha: string;
}

export const repositorySchema = z
  .object({ name: z.string(), owner: z.object({ login: z.string() }) })
  .transform(({ name, owner }): Repository => ({ owner: owner.login, repo: name }));
