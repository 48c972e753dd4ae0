import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type ErrorCode, UserError } from '../platform/user-error.ts';

/**
 * Do some work on the files of folders. Its errors can quote what they found; if a link in a folder leads to a file
 * outside of it, which can be a secret of the machine, nothing is quoted.
 * @throws UserError of the work, or one that names the link instead
 */
export async function quotingOnlyInside<T>(folders: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || OF_THE_MACHINE.has(error.code)) throw error;
    for (const folder of folders) {
      const link = await linkLeadingOutside(folder);
      if (link !== null) throw hidden(link, error);
    }
    throw error;
  }
}

/** These errors do not depend on what a file contains. */
const OF_THE_MACHINE: ReadonlySet<ErrorCode | null> = new Set<ErrorCode>(['not-enough-memory', 'no-device', 'server']);

function hidden(link: string, { code }: UserError): UserError {
  return new UserError(
    `the checkpoint cannot be read or run; ${link} leads to a file outside of its folder, so the reason is not shown`,
    'put the file itself there, and run again to see the reason',
    { code },
  );
}

/** The first file of a folder whose real place is outside of it. */
async function linkLeadingOutside(folder: string): Promise<string | null> {
  const root = await realpath(folder).catch(() => null);
  if (root === null) return null;
  const names = await readdir(root).catch(() => []);
  for (const name of names.sort()) {
    const file = join(root, name);
    const real = await realpath(file).catch(() => file);
    const isFile = await stat(real).then(
      (info) => info.isFile(),
      () => false,
    );
    if (isFile && !isInside(real, root) && !isBlob(real, root)) return join(folder, name);
  }
  return null;
}

function isInside(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** The Hugging Face cache keeps the files of `MODEL/snapshots/COMMIT` in `MODEL/blobs`. */
function isBlob(file: string, folder: string): boolean {
  const blobs = dirname(file);
  if (basename(blobs) !== 'blobs') return false;
  const way = relative(join(dirname(blobs), 'snapshots'), folder);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}
