import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Write a text file so that a reader sees the old content or the new, never a half: write beside it, then rename.
 * Missing folders are made. A link keeps pointing where it does; a device or pipe is written to, not replaced.
 */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const target = await realpath(path).catch(() => path);
  const info = await stat(target).catch(() => null);
  if (info && !info.isFile() && !info.isDirectory()) return writeFile(target, text);
  const draft = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Can something be written at this path? Asked before a long measurement.
 * @throws the error of the system if not
 */
export async function expectWritable(path: string): Promise<void> {
  for (let folder = path; ; folder = dirname(folder)) {
    const info = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (info) return access(folder, constants.W_OK);
    if (folder === dirname(folder)) return;
  }
}
