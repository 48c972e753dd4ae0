import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Files of a repository that git does not ignore, tracked or not, relative to its root.
 * @param paths all files, or only those below these
 */
export function listFiles(root: string, paths: readonly string[] = []): string[] {
  const parameters = ['ls-files', '-co', '--exclude-standard', '--deduplicate', '--', ...paths];
  return execFileSync('git', parameters, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && statSync(join(root, name), { throwIfNoEntry: false })?.isFile());
}
