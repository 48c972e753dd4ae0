/**
 * Something the user can mend: bad input or wrong usage. The two doors (`cli.ts`, `action.ts`) print it in one line
 * and exit 2; every other error is a bug and keeps its stack.
 *
 * `message` says what is wrong and where (file, tensor, line); `mend` says what to do about it.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly mend: string;

  constructor(message: string, mend: string) {
    super(`${message} — ${mend}`);
    this.mend = mend;
  }
}
