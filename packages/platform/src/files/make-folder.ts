import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Create a folder and those above it. Node's own `recursive` never returns in /proc. @throws the system's error */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    if (!(await stat(parent).catch(() => null))) await makeFolder(parent);
    // Another process may have made the parent meanwhile.
    await mkdir(path).catch(async (again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw again;
    });
  }
}
