import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expectWritable, writeFileAtomic } from '@shadow-gate/platform/files';

export interface FileToWrite {
  /** Relative to the folder. */
  readonly path: string;
  readonly text: string;
}

/** Write all files or none: what was written before one that fails is put back as it was. */
export async function writeTogether(root: string, files: readonly FileToWrite[]): Promise<void> {
  const done: Array<{ readonly file: string; readonly before: Buffer | null }> = [];
  try {
    for (const { path, text } of files) {
      const file = join(root, path);
      const before = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      await writeFileAtomic(file, text);
      done.push({ file, before });
    }
  } catch (error) {
    for (const { file, before } of done.reverse()) {
      if (before === null) await rm(file, { force: true });
      else await writeFileAtomic(file, before);
    }
    throw error;
  }
}

/**
 * Find out before a long measurement whether all of them can be written.
 * @throws UserError, or the system's error, if not
 */
export async function expectAllWritable(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await expectWritable(join(root, path), 'file');
}
