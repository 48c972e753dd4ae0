import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../../platform/user-error.ts';

/** The whole of MMLU has 7 MB: a larger file is a mistake, and its items would take days to score. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Read a probe file whole, as bytes: a digest is taken of them.
 * @throws UserError if there is none, for what is no regular file, and for one beyond `MAX_FILE_BYTES`
 */
export async function readBytes(path: string): Promise<Buffer> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) throw new UserError(`${path} does not exist`, 'give the path of a probe file');
  if (!info.isFile()) throw new UserError(`${path} is not a regular file`, 'replace it by the file itself');
  if (info.size > MAX_FILE_BYTES) {
    throw new UserError(`${path} has ${info.size} bytes, more than ${MAX_FILE_BYTES}`, 'give a part of it');
  }
  return readFile(path);
}
