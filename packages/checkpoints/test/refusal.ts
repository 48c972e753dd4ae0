import { openCheckpoint } from '@shadow-gate/checkpoints';
import { UserError } from '@shadow-gate/platform';
import { expect } from 'vitest';

/** The message of the UserError for this path, which must be one line. */
export async function messageOf(path: string): Promise<string> {
  const error = await openCheckpoint(path).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, `${path} is refused`).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message, 'is one line').not.toContain('\n');
  return message;
}

/** What a reader of headers says about a file: one line that names it. */
export async function headerError(path: string, read: (path: string) => Promise<unknown>): Promise<string> {
  const error = await read(path).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message, 'names the file').toContain(path);
  expect(message, 'is one line').not.toContain('\n');
  return message;
}
