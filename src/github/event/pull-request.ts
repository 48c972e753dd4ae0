import { z } from 'zod';

export interface PullRequest {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

const payloadSchema = z.object({
  pull_request: z.object({ number: z.number().int().positive() }),
  repository: z.object({ name: z.string(), owner: z.object({ login: z.string() }) }),
});

/**
 * The pull request that a run is about, of the event's payload; null if the event is about something else.
 * @param eventName such as `pull_request` or `push`
 */
export function pullRequestOf(eventName: string, payload: unknown): PullRequest | null {
  // Other events carry a pull request too (a review, a comment), but are not about its commits.
  if (eventName !== 'pull_request' && eventName !== 'pull_request_target') return null;
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return null;
  const { pull_request, repository } = parsed.data;
  return { owner: repository.owner.login, repo: repository.name, number: pull_request.number };
}
