import { z } from 'zod';
import type { PullRequest } from '../client/types.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

const payloadSchema = z.object({
  pull_request: z.object({ number: z.number().int().positive() }),
  repository: repositorySchema,
});

/** The pull request whose commits an event is about; null if it is about something else. */
export function pullRequestOf({ name, payload }: Pick<WorkflowEvent, 'name' | 'payload'>): PullRequest | null {
  // Other events (a review, a comment) carry a pull request too, but are not about its commits.
  if (name !== 'pull_request' && name !== 'pull_request_target') return null;
  const { data } = payloadSchema.safeParse(payload);
  return data ? { ...data.repository, number: data.pull_request.number } : null;
}
