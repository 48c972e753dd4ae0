import { readFile, stat } from 'node:fs/promises';
import { UserError } from './user-error.ts';

/** Configs and measurements are far smaller. A link in a repository can lead to an endless device. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Read a whole text file.
 * @param name what errors call it
 * @returns null if there is none
 * @throws UserError for a directory, a pipe or a device, and for a file that is unreasonably large
 */
export async function readTextFile(file: string, name = file): Promise<string | null> {
  const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) return null;
  if (!info.isFile()) throw new UserError(`${name} is not a regular file`, 'replace it with the file itself');
  if (info.size > MAX_BYTES) throw new UserError(`${name} is too large (${info.size} bytes)`, 'check the path');
  return readFile(file, 'utf8');
}
