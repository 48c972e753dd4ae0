import { z } from 'zod';
import { isSameName } from '../client/same-name.ts';
import type { PullRequest } from '../client/types.ts';
import { repositorySchema, type WorkflowEvent } from './event.ts';

const headSchema = z.object({ pull_request: z.object({ head: z.object({ sha: z.string() }) }) });

const payloadSchema = z.object({
  pull_request: z.object({ number: z.number().int().positive() }),
  repository: repositorySchema,
});

/** The pull request that an event is about; null for other events. */
export function eventPullRequest({ name, payload }: Pick<WorkflowEvent, 'name' | 'payload'>): PullRequest | null {
  // Other events (a review, a comment) carry a pull request too, but are not about its commits.
  if (name !== 'pull_request' && name !== 'pull_request_target') return null;
  const { data } = payloadSchema.safeParse(payload);
  return data ? { ...data.repository, number: data.pull_request.number } : null;
}

const name = z.object({ name: z.string() });
const labelsSchema = z.object({
  action: z.string().optional(),
  label: name.optional(),
  pull_request: z.object({ labels: z.array(name) }),
});

/**
 * How a label came to an event's pull request. If the event is about the label or the opening, its commit is the one
 * that was labeled; for a label from an `earlier` event it can be a later one.
 * @returns null without the label, and for an event about something else
 */
export function eventLabel(
  event: Pick<WorkflowEvent, 'name' | 'payload'>,
  label: string,
): 'labeled' | 'opened' | 'earlier' | null {
  if (eventPullRequest(event) === null) return null;
  const { data } = labelsSchema.safeParse(event.payload);
  if (!data?.pull_request.labels.some((one) => isSameName(one.name, label))) return null;
  if (data.action === 'opened') return 'opened';
  return data.action === 'labeled' && data.label && isSameName(data.label.name, label) ? 'labeled' : 'earlier';
}

const authorSchema = z.object({ pull_request: z.object({ user: z.object({ login: z.string() }) }) });

/** Who opened the pull request; null for an event about something else, and for an account that is gone. */
export function eventAuthor(event: Pick<WorkflowEvent, 'name' | 'payload'>): string | null {
  if (eventPullRequest(event) === null) return null;
  return authorSchema.safeParse(event.payload).data?.pull_request.user.login ?? null;
}

/** The newest commit of the pull request when its event was sent; null for an event about something else. */
export function eventPullRequestHead(event: Pick<WorkflowEvent, 'name' | 'payload'>): string | null {
  if (eventPullRequest(event) === null) return null;
  return headSchema.safeParse(event.payload).data?.pull_request.head.sha ?? null;
}
