import { UserError } from '@shadow-gate/platform';
import type { RequestId } from './requests.ts';
import { TokenizerStopped } from './tokens/start-tokenizer.ts';

/** A line of the answers for a request that cannot be answered. */
export interface Unanswered {
  readonly id: RequestId;
  /** Why not, and what to do about it. */
  readonly error: string;
}

interface Origin {
  readonly id: RequestId;
  readonly where: string;
}

/** A request that cannot be answered, and why. */
export interface RequestRefusal {
  readonly request: Origin;
  readonly error: UserError;
}

export type OnRefusal = (refusal: RequestRefusal) => void;

/**
 * Do some work for each request.
 * @param onRefusal receives each request that cannot be answered, which is then left out; without it, the first one is
 *   an error
 * @throws UserError also for a tokenizer that was stopped, which can encode none of those that follow
 */
export function answerable<R extends Origin, T>(
  requests: readonly R[],
  onRefusal: OnRefusal | undefined,
  work: (request: R, index: number) => T,
): Array<{ readonly request: R; readonly result: T }> {
  return requests.flatMap((request, index) => {
    try {
      return { request, result: work(request, index) };
    } catch (error) {
      if (!onRefusal || !(error instanceof UserError) || error instanceof TokenizerStopped) throw error;
      onRefusal({ request, error });
      return [];
    }
  });
}

/** The line of the answers: its reader knows the request by its id, and not by the line of a file. */
export function toUnanswered({ request: { id, where }, error }: RequestRefusal): Unanswered {
  const prefix = `${where}: `;
  const { message } = error;
  return { id, error: message.startsWith(prefix) ? message.slice(prefix.length) : message };
}
