import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isLfsPointerFile } from '@shadow-gate/platform/files';
import picomatch from 'picomatch';

/** The folder with `.git`, from here upwards, or null. */
export function findRepository(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}

/**
 * Whether Git LFS stores a file, by the `.gitattributes` of its folders.
 * @param file relative to the root, with slashes
 */
export async function isInLfs(root: string, file: string): Promise<boolean> {
  const segments = file.split('/');
  let tracked = false;
  for (let depth = 0; depth < segments.length; depth += 1) {
    const folder = join(root, ...segments.slice(0, depth));
    const text = await readFile(join(folder, '.gitattributes'), 'utf8').catch(() => '');
    const rest = segments.slice(depth).join('/');
    for (const [pattern = '', ...attributes] of text.split('\n').map((line) => line.trim().split(/\s+/))) {
      if (pattern === '' || pattern.startsWith('#') || !matches(pattern, rest)) continue;
      // The last pattern that matches decides.
      if (attributes.includes('filter=lfs')) tracked = true;
      else if (attributes.some((attribute) => /^[-!]filter$|^filter=/.test(attribute))) tracked = false;
    }
  }
  return tracked;
}

/** As git does: a pattern without a slash matches names in any folder. */
function matches(pattern: string, file: string): boolean {
  const unquoted = pattern.replace(/^"(.*)"$/, '$1');
  const options = { dot: true, basename: !unquoted.includes('/'), nonegate: true };
  return picomatch.isMatch(file, unquoted.replace(/^\//, ''), options);
}

/** The files of a folder (or the file itself) that are pointers of Git LFS, by name. */
export async function pointersIn(path: string): Promise<string[]> {
  const names = (await readdir(path).catch(() => [''])).sort();
  const files = names.map((name) => join(path, name));
  const isPointer = await Promise.all(files.map((file) => isLfsPointerFile(file).catch(() => false)));
  return files.filter((_, i) => isPointer[i]);
}

/** A path relative to a root, with slashes, as a workflow writes it; null outside of the root. */
export function pathIn(root: string, path: string): string | null {
  const way = relative(root, resolve(root, path)).split(sep).join('/');
  return way === '..' || way.startsWith('../') || resolve(root, way) !== resolve(root, path) ? null : way || '.';
}
