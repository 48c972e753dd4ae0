import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from './user-error.ts';

/**
 * Write a text file so that a reader sees the old content or the new, never a half: write beside it, then rename.
 * Missing folders are made. A link keeps pointing where it does; a device or pipe is written to, not replaced.
 */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const target = await realpath(path).catch(() => path);
  const info = await stat(target).catch(() => null);
  if (info && isDevice(info)) return writeFile(target, text);
  const draft = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Write a value as JSON for people and programs, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Can a file, or a folder of files, be written at this path? Asked before a long measurement.
 * @throws UserError, or the error of the system, if not
 */
export async function expectWritable(path: string, kind: 'file' | 'folder'): Promise<void> {
  const existing = await stat(path).catch(() => null);
  if (path === '' || (existing && existing.isDirectory() !== (kind === 'folder') && !isDevice(existing))) {
    throw new UserError(`cannot write to ${JSON.stringify(path)}: not a ${kind}`, `give the path of a ${kind}`);
  }
  // A file is renamed into its folder; missing folders are made in the nearest that exists.
  let folder = kind === 'folder' && existing ? path : dirname(path);
  while (folder !== dirname(folder) && !(await stat(folder).catch(() => null))) folder = dirname(folder);
  await access(folder, constants.W_OK);
  if (!(await stat(folder)).isDirectory()) {
    throw new UserError(`cannot write to ${path}: ${folder} is not a folder`, `give the path of a ${kind}`);
  }
}

function isDevice(info: Stats): boolean {
  return !info.isFile() && !info.isDirectory();
}
