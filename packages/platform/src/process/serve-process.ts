import { type ErrorCode, UserError } from '../user-error.ts';
import { endWithParent } from './end-with-parent.ts';

/** Why a process stopped answering. */
export type StopReason = 'deadline' | 'memory' | 'closed';

/** The answer of a stoppable process, or of the bridge to it, to one request. */
export type ProcessAnswer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'user-error'; readonly problem: string; readonly hint: string; readonly code: ErrorCode | null }
  | { readonly kind: 'error'; readonly message: string; readonly stack: string | undefined }
  | { readonly kind: 'stopped'; readonly reason: StopReason };

/** Answer the parent, and end with it. The first message has data to load, later ones are requests. */
export function serveProcess<Load, Loaded, Request, Reply>(
  start: (load: Load) => { readonly loaded: Loaded; readonly answer: (request: Request) => Reply },
): void {
  endWithParent();
  let answer: ((request: Request) => Reply) | null = null;
  process.on('message', (message) => {
    const reply = answering(() => {
      if (answer !== null) return answer(message as Request);
      const started = start(message as Load);
      answer = started.answer;
      return started.loaded;
    });
    process.send?.(reply);
  });
}

function answering<T>(work: () => T): ProcessAnswer<T> {
  try {
    return { kind: 'value', value: work() };
  } catch (error) {
    if (error instanceof UserError) {
      return { kind: 'user-error', problem: error.problem, hint: error.hint, code: error.code };
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { kind: 'error', message, stack };
  }
}
