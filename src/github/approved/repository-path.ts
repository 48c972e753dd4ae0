import { lstat, readFile, realpath } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import { isInside } from '@shadow-gate/platform/files';
import type { Repository } from '../client/types.ts';

/** The repository is checked out in the workspace or in a folder of it. */
export interface Workspace {
  readonly folder: string;
  /** Another path of it: GITHUB_WORKSPACE may be a link. */
  readonly alias?: string | undefined;
  readonly repository: Repository;
}

/** The path of a file in the repository, as git writes it; null if it is outside the workspace. */
export async function repositoryPath(path: string, workspace: Workspace): Promise<string | null> {
  return (await locate(path, workspace, async () => false))?.path ?? null;
}

interface Location {
  readonly path: string;
  /** The commit checked out there; null if unknown: there is no `.git`, or it has another format. */
  readonly commit: string | null;
}

/** Does the repository, or a fork of it, have a commit? */
type KnowsCommit = (commit: string) => Promise<boolean>;

/**
 * Locate a file in its repository; null if it is outside the workspace. A checkout of a fork counts as one of this
 * repository: its commits are those of a change.
 */
export async function locate(
  path: string,
  { folder, alias, repository }: Workspace,
  knows: KnowsCommit,
): Promise<Location | null> {
  const inside = insideOf(folder, path) ?? (alias === undefined ? null : insideOf(alias, path));
  if (inside === null) return null;
  for (let above = posix.dirname(inside); ; above = posix.dirname(above)) {
    const checkout = await checkoutAt(folder, above, repository);
    if (checkout !== null && (checkout.isOwn || (checkout.commit !== null && (await knows(checkout.commit))))) {
      return { path: posix.relative(above, inside), commit: checkout.commit };
    }
    if (above === '.') return { path: inside, commit: null };
  }
}

const SHA = /^[0-9a-f]{40}$/;

async function headOf(git: string): Promise<string | null> {
  const read = (file: string): Promise<string> => readFile(join(git, file), 'utf8').catch(() => '');
  const head = (await read('HEAD')).trim();
  if (SHA.test(head)) return head;
  const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head) ?? [];
  if (ref === undefined || ref.includes('..')) return null;
  const loose = (await read(ref)).trim();
  if (SHA.test(loose)) return loose;
  const packed = (await read('packed-refs')).split('\n').find((line) => line.endsWith(` ${ref}`));
  return packed !== undefined && SHA.test(packed.slice(0, 40)) ? packed.slice(0, 40) : null;
}

function insideOf(folder: string, path: string): string | null {
  const whole = resolve(folder, path);
  return isInside(whole, folder) ? relative(folder, whole).split(sep).join(posix.sep) : null;
}

/**
 * The checkout in a folder; null if there is none. No commit can contain a folder `.git`, but a link in a commit could
 * lead to one, and in a submodule `.git` is a file.
 */
async function checkoutAt(
  workspace: string,
  folder: string,
  { owner, repo }: Repository,
): Promise<{ readonly isOwn: boolean; readonly commit: string | null } | null> {
  const root = join(workspace, folder);
  const git = join(root, '.git');
  try {
    if (!(await lstat(git)).isDirectory()) return null;
    if ((await realpath(root)) !== join(await realpath(workspace), folder)) return null;
    const config = await readFile(join(git, 'config'), 'utf8');
    const urls = [...config.matchAll(/^\s*url\s*=\s*(.*?)(?:\.git)?\/?\s*$/gm)].map(([, url = '']) =>
      url.toLowerCase(),
    );
    const name = `${owner}/${repo}`.toLowerCase();
    const isOwn = urls.some((url) => url.endsWith(`/${name}`) || url.endsWith(`:${name}`));
    return { isOwn, commit: await headOf(git) };
  } catch {
    return null;
  }
}
