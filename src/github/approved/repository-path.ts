import { lstat, readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import type { Repository } from '../client/types.ts';

/** Where the repository is checked out: in the workspace itself, or in a folder of it. */
export interface Workspace {
  /** The working directory. */
  readonly folder: string;
  /** Another path of it: GITHUB_WORKSPACE may be a link. */
  readonly alias?: string | undefined;
  readonly repository: Repository;
}

/** The path of a file in the repository, as git writes it; null if the file is outside the workspace. */
export async function repositoryPath(path: string, { folder, alias, repository }: Workspace): Promise<string | null> {
  const inside = insideOf(folder, path) ?? (alias === undefined ? null : insideOf(alias, path));
  if (inside === null) return null;
  for (let above = posix.dirname(inside); above !== '.'; above = posix.dirname(above)) {
    if (await isCheckout(folder, above, repository)) return posix.relative(above, inside);
  }
  return inside;
}

function insideOf(folder: string, path: string): string | null {
  const inside = relative(folder, resolve(folder, path));
  if (inside === '../..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return null;
  return inside.split(sep).join(posix.sep);
}

/**
 * Has actions/checkout been given this folder as its `path`? No commit can contain a folder `.git`. A link in a commit
 * could lead to one, and in a submodule `.git` is a file.
 */
async function isCheckout(workspace: string, folder: string, { owner, repo }: Repository): Promise<boolean> {
  const root = join(workspace, folder);
  try {
    if (!(await lstat(join(root, '.git'))).isDirectory()) return false;
    if ((await realpath(root)) !== join(await realpath(workspace), folder)) return false;
    const config = await readFile(join(root, '.git', 'config'), 'utf8');
    const urls = [...config.matchAll(/^\s*url\s*=\s*(.*?)(?:\.git)?\/?\s*$/gm)].map(([, url = '']) =>
      url.toLowerCase(),
    );
    return urls.some(
      (url) => url.endsWith(`/${owner}/${repo}`.toLowerCase()) || url.endsWith(`:${owner}/${repo}`.toLowerCase()),
    );
  } catch {
    return false;
  }
}
