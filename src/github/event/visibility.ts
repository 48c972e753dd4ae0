import { z } from 'zod';
import type { WorkflowEvent } from './event.ts';

const schema = z.object({ repository: z.object({ visibility: z.string() }) });

/** Is the repository public? False where the event does not say so. */
export function isOfPublicRepository({ payload }: Pick<WorkflowEvent, 'payload'>): boolean {
  return schema.safeParse(payload).data?.repository.visibility === 'public';
}
