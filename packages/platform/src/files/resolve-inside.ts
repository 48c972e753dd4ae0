import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../user-error.ts';

/**
 * The real path of a file that a stranger's folder names, by an entry, an index or a link. It must be inside that
 * folder, or in the `blobs` of its Hugging Face cache: the stranger must not name other files of the machine. The path
 * of the folder itself, which the user wrote, may contain links.
 * @returns null if there is no such file
 * @throws UserError for a file elsewhere; it names the file, not where it leads
 */
export async function resolveInside(folder: string, name: string): Promise<string | null> {
  const file = join(folder, name);
  // The system cannot have such a file.
  if (file.includes('\0')) return null;
  const [real, root] = await Promise.all([realpath(file), realpath(folder)]).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [null, null];
    throw error.code === 'ELOOP'
      ? new UserError(`${file} is a link that leads to itself`, 'put the file there')
      : error;
  });
  if (real === null || root === null) return null;
  if (isInside(real, root) || isBlob(real, root)) return real;
  throw new UserError(
    `${file} leads to a file outside of its folder, which is not read`,
    'put the file itself there, or give the folder where the files really are',
  );
}

/** Open a file at its real path. A link that has taken its place is not followed, and a pipe does not block. */
export function openResolved(real: string): Promise<FileHandle> {
  return open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** Is a path in a folder, or the folder itself? Both are absolute, or relative to the same folder. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The Hugging Face cache has the files of `models--ORG--NAME/snapshots/COMMIT` in `models--ORG--NAME/blobs`. */
function isBlob(real: string, folder: string): boolean {
  const blobs = dirname(real);
  const repository = dirname(blobs);
  if (basename(blobs) !== 'blobs' || !basename(repository).startsWith('models--')) return false;
  const snapshots = join(repository, 'snapshots');
  return folder !== snapshots && isInside(folder, snapshots);
}
