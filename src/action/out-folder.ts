import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { expectWritable, isInside } from '@shadow-gate/platform/files';
import type { Workspace } from '../github/approved/index.ts';
import { ATTESTATION_FILE, MEASUREMENT_FILE, REPORT_FILE, REPORT_PAGE_FILE } from '../github/storage/index.ts';

export const COMMENT_FILE = 'comment.md';
export const HISTORY_FILE = 'history.jsonl';

/**
 * Check before a long measurement that results can be written, and stay in place: a change can commit a symbolic link
 * with the name of the folder, or of a file in it.
 * @throws UserError, or the system's error, if not
 */
export async function expectOutFolder(out: string, { folder, alias = folder }: Workspace): Promise<void> {
  const files = [MEASUREMENT_FILE, REPORT_FILE, REPORT_PAGE_FILE, COMMENT_FILE, HISTORY_FILE, ATTESTATION_FILE];
  for (const path of [out, ...files.map((name) => join(out, name))]) {
    await expectInside(path, folder);
    await expectInside(path, alias);
  }
  await expectWritable(out, 'folder');
}

/**
 * Check that writing to a path inside a folder would not follow a symbolic link out of it. The path may not exist yet.
 * A path outside of the folder is not checked: no file of the folder can change where it leads.
 * @param path absolute
 * @throws UserError that names the path and where it leads
 */
export async function expectInside(path: string, folder: string): Promise<void> {
  if (!isInside(path, folder)) return;
  const root = await realpath(folder);
  let existing = path;
  while (existing !== dirname(existing) && (await lstat(existing).catch(() => null)) === null) {
    existing = dirname(existing);
  }
  const target = await realpath(existing).catch(() => null);
  if (target !== null && isInside(target, root)) return;
  throw new UserError(
    `cannot write to ${path}: ${existing} is a symbolic link ${target === null ? 'to nowhere' : 'out of the workspace'}`,
    'remove the link, or give a folder without one',
  );
}
