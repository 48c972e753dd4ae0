import { randomBytes, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jsonLines } from '../json/json-lines.ts';
import { UserError } from '../user-error.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Write a file so that readers see the old content or the new, never a part: write a draft next to it, then rename.
 * A symbolic link stays and its target is replaced; a device or pipe is written to. @throws the system's error
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeOrRename(path, content);
  } catch (error) {
    throw withPath(error, path);
  }
}

async function writeOrRename(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  const target = await realpath(path).catch(() => path);
  const info = await stat(target).catch(() => null);
  if (info && isDevice(info)) return writeFile(target, content);
  await sweepDrafts(dirname(target));
  const draft = draftBeside(target);
  try {
    await writeFile(draft, content, { flag: 'wx' });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

const draftBeside = (path: string) => `${path}.${randomUUID()}.tmp`;
const DRAFT = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
const DRAFT_LIFETIME_MILLISECONDS = 24 * 3600 * 1000;

const swept = new Set<string>();

/** Remove drafts of killed processes. Drafts of the last day may be in use. */
async function sweepDrafts(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  const drafts = (await readdir(folder).catch(() => [])).filter((name) => DRAFT.test(name));
  for (const draft of drafts.map((name) => join(folder, name))) {
    const info = await lstat(draft).catch(() => null);
    const isOld = info?.isFile() && Date.now() - info.mtimeMs > DRAFT_LIFETIME_MILLISECONDS;
    if (isOld) await rm(draft, { force: true }).catch(() => {});
  }
}

/** On a full disk, the error of a write does not name the file. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || 'path' in error) return error;
  return Object.assign(error, { path, message: `${error.message} '${path}'` });
}

/** Write a value as JSON that a person can read, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${jsonLines(value)}\n`);
}

/** More than a measurement, a report and its page for most models. */
const TRIAL_BYTES = 4 * 1024 * 1024;

/** Check before a long measurement that files can be written, and that the disk has room. @throws UserError if not */
export async function expectWritable(path: string, kind: 'file' | 'folder'): Promise<void> {
  const existing = await stat(path).catch(() => null);
  if (path === '' || (existing && existing.isDirectory() !== (kind === 'folder') && !isDevice(existing))) {
    throw new UserError(`cannot write to ${JSON.stringify(path)}: not a ${kind}`, `give the path of a ${kind}`);
  }
  // A file is renamed into its folder; missing folders are created in the nearest one that exists.
  let folder = kind === 'folder' && existing ? path : dirname(path);
  while (folder !== dirname(folder) && !(await stat(folder).catch(() => null))) folder = dirname(folder);
  await access(folder, constants.W_OK);
  if (!(await stat(folder)).isDirectory()) {
    throw new UserError(`cannot write to ${path}: ${folder} is not a folder`, `give the path of a ${kind}`);
  }
  if (existing && isDevice(existing)) return;
  await tryToWrite(join(folder, 'shadow-gate')).catch((error: unknown) => {
    throw withPath(error, path);
  });
}

/** Random, since some disks compress. */
async function tryToWrite(path: string): Promise<void> {
  const draft = draftBeside(path);
  try {
    await writeFile(draft, randomBytes(TRIAL_BYTES), { flag: 'wx' });
  } finally {
    await rm(draft, { force: true });
  }
}

function isDevice(info: Stats): boolean {
  return !info.isFile() && !info.isDirectory();
}
