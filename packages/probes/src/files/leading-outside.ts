import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { isInside } from '@shadow-gate/platform/files';

/** An error quotes nothing if a linked folder led out of the working directory, perhaps to a secret of the machine. */
export async function quotingUnlessLinked<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || !(await leadsOutside(dirname(file), process.cwd()))) throw error;
    throw new UserError(
      `a file cannot be used; ${file} is outside of the working directory by a link, so the reason is not shown`,
      'put the file itself there, and run again to see the reason',
      { code: error.code },
    );
  }
}

async function leadsOutside(path: string, folder: string): Promise<boolean> {
  if (!isInside(resolve(path), resolve(folder))) return false;
  const [real, root] = await Promise.all([realpath(path), realpath(folder)]).catch(() => [null, null]);
  return real !== null && root !== null && !isInside(real, root);
}
