import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type ErrorCode, UserError } from './user-error.ts';

/**
 * Do some work on the files of folders. Its errors can quote what they found; if a link in a folder leads to a file
 * outside of it, which can be a secret of the machine, nothing is quoted.
 * @throws UserError of the work, or one that names the link instead
 */
export function quotingOnlyInside<T>(folders: readonly string[], work: () => Promise<T>): Promise<T> {
  const problem = 'the checkpoint cannot be read or run';
  return quoting(work, async () => {
    for (const folder of folders) {
      const link = await linkLeadingOutside(folder);
      if (link !== null) return { link, problem };
    }
    return null;
  });
}

/** The same for one file: it may lead neither out of its folder nor, by a linked folder, out of the working directory. */
export function quotingUnlessLinked<T>(file: string, work: () => Promise<T>): Promise<T> {
  return quoting(work, async () => {
    const isOutside = (await leadsOutside(file, dirname(file))) || (await leadsOutside(file, process.cwd()));
    return isOutside ? { link: file, problem: 'a file cannot be used' } : null;
  });
}

async function quoting<T>(
  work: () => Promise<T>,
  findLink: () => Promise<{ readonly link: string; readonly problem: string } | null>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || OF_THE_MACHINE.has(error.code)) throw error;
    const found = await findLink();
    if (found === null) throw error;
    throw new UserError(
      `${found.problem}; ${found.link} leads to a file outside of its folder, so the reason is not shown`,
      'put the file itself there, and run again to see the reason',
      { code: error.code },
    );
  }
}

/** These errors do not depend on what a file contains. */
const OF_THE_MACHINE: ReadonlySet<ErrorCode | null> = new Set<ErrorCode>(['not-enough-memory', 'no-device', 'server']);

/** The first file of a folder whose real place is outside of it. */
async function linkLeadingOutside(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.sort()) {
    const file = join(folder, name);
    if (await leadsOutside(file, folder)) return file;
  }
  return null;
}

/** Is the path of a regular file inside of a folder, and its real place outside? */
async function leadsOutside(file: string, folder: string): Promise<boolean> {
  if (!isInside(resolve(file), resolve(folder))) return false;
  const [real, root] = await Promise.all([realpath(file), realpath(folder)]).catch(() => [null, null]);
  if (real === null || root === null || isInside(real, root) || isBlob(real, root)) return false;
  return (await stat(real)).isFile();
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
