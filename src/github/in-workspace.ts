import { isAbsolute, posix, relative, resolve, sep } from 'node:path';

/** The path of a file in the repository, as git has it; null if it lies outside of the workspace. */
export function inWorkspace(path: string, workspace: string): string | null {
  const inside = relative(workspace, resolve(workspace, path));
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return null;
  return inside.split(sep).join(posix.sep);
}
