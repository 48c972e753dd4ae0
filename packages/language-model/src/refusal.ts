import { UserError } from '@shadow-gate/platform';
import type { RequestId, RequestOrigin } from './requests.ts';
import { TokenizerStopped } from './tokens/start-tokenizer.ts';

/** The line for a request that cannot be answered. */
export interface Unanswered {
  readonly id: RequestId;
  /** Why, and what to do about it. */
  readonly error: string;
}

/** A request that cannot be answered. */
export interface RequestRefusal {
  readonly request: RequestOrigin;
  readonly error: UserError;
}

export type OnRefusal = (refusal: RequestRefusal) => void;

/**
 * Do some work for each request.
 * @param onRefusal receives requests that cannot be answered, which are left out; without it, the first is an error
 * @throws UserError also for a tokenizer that was stopped, which cannot encode the rest
 */
export function answerable<R extends RequestOrigin, T>(
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

/** The reader of the answers knows a request by its id, not by its line. */
export function toUnanswered({ request: { id, where }, error }: RequestRefusal): Unanswered {
  const prefix = `${where}: `;
  const { message } = error;
  return { id, error: message.startsWith(prefix) ? message.slice(prefix.length) : message };
}
