import { isOutOfMemory, UserError } from '../platform/user-error.ts';

/** So V8 refuses an array that is larger than it can be. */
const TOO_LARGE = /invalid (typed )?array (buffer )?length/i;

/**
 * A failed allocation is no bug: another machine can run the model. onnxruntime's message has the size that it wanted.
 * @returns any other error as it is
 */
export function explainOutOfMemory(error: unknown): unknown {
  if (!(error instanceof Error) || !(isOutOfMemory(error) || TOO_LARGE.test(error.message))) return error;
  const [line = ''] = error.message.split('\n');
  return new UserError(
    `the model does not fit into the memory of this machine (${line.slice(0, 200)})`,
    'use a runner with more memory, or a server (--endpoint)',
    { code: 'not-enough-memory' },
  );
}
