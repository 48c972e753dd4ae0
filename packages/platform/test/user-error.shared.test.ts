import { readFile } from 'node:fs/promises';
import { describeError, UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures.ts';

it('what the user can fix, and what the system refuses, is an error; everything else is an internal error', async () => {
  expect(describeError(new UserError('input key is empty', 'give one'))).toEqual({
    kind: 'error',
    message: 'input key is empty — give one',
  });
  const refused = await readFile('/nowhere').catch((error: unknown) => error);
  expect(describeError(refused)).toEqual({
    kind: 'error',
    message: expect.stringMatching(/^ENOENT.* — check that path/),
  });
  // A disk that fails while it is read reports no path.
  const failing = Object.assign(new Error('EIO: i/o error, read'), { syscall: 'read', code: 'EIO' });
  expect(describeError(failing).kind).toBe('error');
  expect(describeError(new TypeError('x is not a function')).kind).toBe('internal error');
  expect(describeError('thrown text')).toEqual({ kind: 'internal error', message: 'thrown text' });
});

it('a text file that does not exist is null, and a device or a folder is refused instead of read forever', async () => {
  const folder = temporaryFolder();
  expect(await readTextFile(`${folder}/none`)).toBeNull();
  await expect(readTextFile(folder)).rejects.toThrow(/is not a regular file — /);
  await expect(readTextFile('/dev/zero')).rejects.toThrow(/is not a regular file — /);
});
