import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { isInside } from '@shadow-gate/platform/files';

/**
 * Check that writing to a path inside a folder would not follow a symbolic link out of it. The path may not exist yet.
 * A path that was given as one outside of the folder is not checked: no file of the folder can change where it leads.
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
