import { UserError } from '../user-error.ts';

/** A read-only file system, or a folder that is missing or belongs to others. */
const UNWRITABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR']);

/** Disk space, a quota, or a limit on file sizes. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * What to do if a temporary file cannot be made or written.
 * @param what goes there, in the plural @param instead of that file, beginning with a verb
 * @returns other errors as they are
 */
export function explainTemporaryFile(
  error: unknown,
  folder: string,
  { what, instead }: { readonly what: string; readonly instead: string },
): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (FULL.has(code)) {
    return new UserError(
      `the disk of ${folder} is full, and ${what} go there (${code})`,
      `free some space, set TMPDIR to a folder with more, or ${instead}`,
      { code: 'not-enough-memory' },
    );
  }
  if (!UNWRITABLE.has(code)) return error;
  return new UserError(
    `${what} go to a temporary file, and ${folder} takes none (${code})`,
    `set TMPDIR to a folder that can be written, or ${instead}`,
    { code: 'not-enough-memory' },
  );
}
