import { readFile, stat } from 'node:fs/promises';
import { UserError } from './user-error.ts';

/** Configs and measurements are far smaller; a link to an endless device, which git can carry, is not. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Read a text file whole.
 * @returns null if there is none
 * @throws UserError for a directory, a pipe or a device, and for a file beyond any sense
 */
export async function readTextFile(file: string): Promise<string | null> {
  const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) return null;
  if (!info.isFile()) throw new UserError(`${file} is not a regular file`, 'replace it by the file itself');
  if (info.size > MAX_BYTES) throw new UserError(`${file} has ${info.size} bytes`, 'give the right file');
  return readFile(file, 'utf8');
}
