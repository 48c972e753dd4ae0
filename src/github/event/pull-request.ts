import { z } from 'zod';
import type { PullRequest } from '../client/types.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

const headSchema = z.object({ pull_request: z.object({ head: z.object({ sha: z.string() }) }) });

const payloadSchema = z.object({
  pull_request: z.object({ number: z.number().int().positive() }),
  repository: repositorySchema,
});

/** The pull request whose commits an event is about; null if it is about something else. */
export function eventPullRequest({ name, payload }: Pick<WorkflowEvent, 'name' | 'payload'>): PullRequest | null {
  // Other events (a review, a comment) carry a pull request too, but are not about its commits.
  if (name !== 'pull_request' && name !== 'pull_request_target') return null;
  const { data } = payloadSchema.safeParse(payload);
  return data ? { ...data.repository, number: data.pull_request.number } : null;
}

const labelsSchema = z.object({ pull_request: z.object({ labels: z.array(z.object({ name: z.string() })) }) });

/** The labels of the pull request when its event was sent; none for an event about something else. */
export function eventLabels(event: Pick<WorkflowEvent, 'name' | 'payload'>): string[] {
  if (eventPullRequest(event) === null) return [];
  return labelsSchema.safeParse(event.payload).data?.pull_request.labels.map(({ name }) => name) ?? [];
}

const labeledSchema = z.object({ action: z.literal('labeled'), label: z.object({ name: z.string() }) });

/** The label that was put on a pull request, if the event is about that. */
export function eventNewLabel(event: Pick<WorkflowEvent, 'name' | 'payload'>): string | null {
  if (eventPullRequest(event) === null) return null;
  return labeledSchema.safeParse(event.payload).data?.label.name ?? null;
}

/** The newest commit of the pull request when its event was sent; null for an event about something else. */
export function eventPullRequestHead(event: Pick<WorkflowEvent, 'name' | 'payload'>): string | null {
  if (eventPullRequest(event) === null) return null;
  return headSchema.safeParse(event.payload).data?.pull_request.head.sha ?? null;
}
