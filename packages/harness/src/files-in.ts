import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { UserError } from '@shadow-gate/platform';

export interface FoundFile {
  /** Folder, relative to the searched one. */
  readonly parent: string;
  readonly name: string;
}

/** Files of a folder and its subfolders, sorted by path. Links are not followed. @throws UserError without a folder */
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
    .map(({ parentPath, name }) => {
      const parent = relative(folder, parentPath);
      return { parent: parent === '' ? '' : join(parent, sep), name };
    })
    .sort((a, b) => (join(a.parent, a.name) < join(b.parent, b.name) ? -1 : 1));
}
