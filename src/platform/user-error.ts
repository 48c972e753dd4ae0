/**
 * An error that the user can fix: bad input or wrong usage. The entry points print it in one line; every other error is
 * a bug and keeps its stack.
 *
 * The message says what is wrong and where (file, tensor, line), and the hint, an imperative clause, what to do about
 * it.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(`${message} — ${hint}`);
    this.hint = hint;
  }
}

/**
 * An error in one line, for an entry point. What the system refuses (a missing permission, a full disk) is not a bug.
 */
export function describeError(error: unknown): { kind: 'error' | 'internal error'; message: string } {
  if (!(error instanceof Error)) return { kind: 'internal error', message: String(error) };
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof UserError) return { kind: 'error', message: error.message };
  if (syscall === undefined || path === undefined) return { kind: 'internal error', message: error.message };
  return { kind: 'error', message: `${error.message} — check that path, its permissions and the disk` };
}
