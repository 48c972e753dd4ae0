import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { UserError } from '@shadow-gate/platform';

export interface FoundFile {
  /** Folder, relative to the one that was searched. */
  readonly parent: string;
  readonly name: string;
}

/** Files of a folder and those in it, sorted by path. Links are not followed. @throws UserError if it is no folder */
export async function openedFilesIn(folder: string, hint: string): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new UserError(`${folder} does not exist`, hint);
      if (error.code === 'ENOTDIR') throw new UserError(`${folder} is not a folder`, hint);
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ parent: relative(folder, parentPath), name }))
    .map(({ parent, name }) => ({ parent: parent === '' ? '' : join(parent, sep), name }))
    .sort((a, b) => (join(a.parent, a.name) < join(b.parent, b.name) ? -1 : 1));
}
