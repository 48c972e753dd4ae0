import { posix } from 'node:path';
import type { GitObjects } from './git-objects.ts';

/** As in Linux: a longer chain of links is a loop. */
const MAX_LINKS = 40;

/** The content of a path at a commit, with links resolved as a checkout resolves them. */
export type Found =
  /** `folder` is its folder's path, without links. */
  | { readonly kind: 'file'; readonly sha: string; readonly folder: string }
  /** `folder` is its own path, without links. */
  | { readonly kind: 'folder'; readonly sha: string; readonly folder: string }
  /** A submodule or something in it. The commit names the content without having it. */
  | { readonly kind: 'submodule'; readonly sha: string; readonly rest: string }
  /** A link that leads out of the repository, or to nothing that the commit has: a step may have filled that place. */
  | { readonly kind: 'link'; readonly target: string };

/** A folder on the way, without links. A null tree: in a submodule, with unknown content. */
interface Folder {
  readonly name: string;
  readonly tree: string | null;
}

/**
 * The content of a path at a commit; null if it has nothing there, not even a link. `..` applies after links are
 * followed, as in the kernel.
 * @param root the commit's tree
 * @throws if GitHub does not answer
 */
export async function pathAtCommit(objects: GitObjects, root: string, path: string): Promise<Found | null> {
  const above: Folder[] = [];
  /** The place in `above` at which a submodule was entered. */
  let submodule: { readonly sha: string; readonly depth: number } | null = null;
  let links = 0;
  let pending = path.split('/');
  const place = (): string => [...above.map(({ name }) => name), ...pending].join('/');
  const nothing = (name: string): Found | null =>
    links === 0 ? null : { kind: 'link', target: posix.join('/', place(), name) };
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (above.pop() === undefined) return { kind: 'link', target: `../${place()}` };
      if (submodule !== null && above.length < submodule.depth) submodule = null;
      continue;
    }
    const tree = above.length === 0 ? root : (above.at(-1)?.tree ?? null);
    if (tree === null) {
      above.push({ name, tree: null });
      continue;
    }
    const entry = (await objects.entriesOf(tree)).find((candidate) => candidate.path === name);
    if (!entry) return nothing(name);
    if (entry.type === 'commit') {
      above.push({ name, tree: null });
      submodule = { sha: entry.sha, depth: above.length };
    } else if (entry.type === 'tree') {
      above.push({ name, tree: entry.sha });
    } else if (entry.mode === '120000') {
      const target = (await objects.bytesOf(entry.sha)).toString('utf8');
      links += 1;
      if (target.startsWith('/') || links > MAX_LINKS) return { kind: 'link', target: [target, ...pending].join('/') };
      pending = [...target.split('/'), ...pending];
    } else {
      return pending.every((rest) => rest === '' || rest === '.')
        ? { kind: 'file', sha: entry.sha, folder: above.map((folder) => folder.name).join('/') }
        : nothing(name);
    }
  }
  const folder = above.map(({ name }) => name);
  if (submodule) return { kind: 'submodule', sha: submodule.sha, rest: folder.slice(submodule.depth).join('/') };
  return { kind: 'folder', sha: above.at(-1)?.tree ?? root, folder: folder.join('/') };
}

/**
 * Equal for two commits if a checkout has the same bytes at a path: the SHA of the file or folder, and the targets of
 * links and submodules in a folder. A Git LFS pointer stands for its content.
 */
export async function pathIdentity(objects: GitObjects, root: string, found: Found): Promise<string> {
  const seen = new Set<string>();
  const describe = async (thing: Found): Promise<string> => {
    if (thing.kind === 'link') return `link ${thing.target}`;
    if (thing.kind === 'submodule') return `submodule ${thing.sha} ${thing.rest}`;
    if (thing.kind === 'file') return `file ${thing.sha}`;
    // Reached before through another link.
    if (seen.has(thing.folder)) return `folder ${thing.sha}`;
    seen.add(thing.folder);
    const inside: string[] = [`folder ${thing.sha}`];
    for (const entry of await objects.entriesOf(thing.sha)) {
      const path = posix.join(thing.folder, entry.path);
      if (entry.type === 'tree') inside.push(await describe({ kind: 'folder', sha: entry.sha, folder: path }));
      if (entry.mode !== '120000') continue;
      const target = await pathAtCommit(objects, root, path);
      if (target) inside.push(`${path}:`, await describe(target));
    }
    return inside.join('\n');
  };
  return [await describe(found), ...(await conversions(objects, root, found))].join('\n');
}

/** Attributes other than those of Git LFS by which a checkout changes the bytes of a file. */
const CONVERSION = /eol=crlf|\bcrlf\b|working-tree-encoding|\bident\b/;

/** The lines of `.gitattributes` above a file or folder that make a checkout differ from the commit. */
async function conversions(objects: GitObjects, root: string, found: Found): Promise<string[]> {
  if (found.kind !== 'file' && found.kind !== 'folder') return [];
  const lines: string[] = [];
  const names = found.folder.split('/').filter((name) => name !== '');
  let entries = await objects.entriesOf(root);
  for (let depth = 0; ; depth += 1) {
    const attributes = entries.find(({ path, type }) => path === '.gitattributes' && type === 'blob');
    const text = attributes ? (await objects.bytesOf(attributes.sha)).toString('utf8') : '';
    for (const line of text.split('\n')) if (CONVERSION.test(line)) lines.push(line);
    const next = entries.find(({ path, type }) => path === names[depth] && type === 'tree');
    if (!next) break;
    entries = await objects.entriesOf(next.sha);
  }
  return lines;
}
