import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from './download.ts';
import type { Files } from './machine.ts';
import { PROVIDER_FILES } from './pins.ts';
import { noCuda } from './steps.ts';

/**
 * Link a provider next to onnxruntime's library, the only place where it looks. Links to another one are replaced.
 * @throws UserError for a provider of unknown version there, or a folder that cannot be written
 */
export async function linkProvider(files: Files, from: string, to: string): Promise<void> {
  for (const name of PROVIDER_FILES) {
    const target = files.host(`${from}/${name}`);
    const link = files.host(`${to}/${name}`);
    if (await isSame(link, target, `${to}/${name}`)) continue;
    const draft = join(files.host(to), `.${name}.${process.pid}`);
    try {
      await symlink(target, draft);
      await rename(draft, link);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw noCuda(
        `onnxruntime's provider cannot be put into ${to} (${(error as NodeJS.ErrnoException).code})`,
        'run from a copy of this tool in a folder that this user may write to',
      );
    }
  }
}

async function isSame(link: string, target: string, path: string): Promise<boolean> {
  const info = await lstat(link).catch(() => null);
  if (info === null) return false;
  if (info.isSymbolicLink()) return (await readlink(link)) === target;
  if ((await sha256File(link)) === (await sha256File(target))) return true;
  throw noCuda(`${path} is another provider than the one that fits onnxruntime here`, 'remove it');
}
