/**
 * Something the user can mend: bad input or wrong usage. The two doors (`cli.ts`, `action.ts`) print it in one line
 * and exit 2; every other error is a bug and keeps its stack.
 *
 * `message` says what is wrong and where (file, tensor, line); `mend` says what to do about it.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string;

  constructor(message: string, mend: string) {
    super(`${message} — ${mend}`);
    this.hint = mend;
  }
}

/** How a door says an error in one line. What the system refuses (a missing right, a full disk) is no bug of ours. */
export function describeError(error: unknown): { kind: 'error' | 'internal error'; message: string } {
  if (!(error instanceof Error)) return { kind: 'internal error', message: String(error) };
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof UserError) return { kind: 'error', message: error.message };
  if (syscall === undefined || path === undefined) return { kind: 'internal error', message: error.message };
  return { kind: 'error', message: `${error.message} — check that path, its permissions and the disk` };
}
