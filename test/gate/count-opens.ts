import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { relative, resolve } from 'node:path';

/** Whatever opens a file by its path. Streams by path come to `open`; onnxruntime maps files by itself. */
const OPENING: ReadonlyArray<readonly [module: object, names: readonly string[]]> = [
  [fs, ['open', 'openSync', 'readFile', 'readFileSync']],
  [promises, ['open', 'readFile']],
];

/**
 * How often each file of a folder is opened meanwhile.
 * @returns by path relative to the folder, in the order of the paths
 */
export async function countOpens(folder: string, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  const restore: Array<() => void> = [];
  for (const [module, names] of OPENING) {
    const functions = module as Record<string, (...args: unknown[]) => unknown>;
    for (const name of names) {
      const original = functions[name];
      if (original === undefined) throw new Error(`${name} is not there any more`);
      functions[name] = (path, ...rest) => {
        const file = relative(folder, resolve(String(path)));
        if (!file.startsWith('..')) counts.set(file, (counts.get(file) ?? 0) + 1);
        return original(path, ...rest);
      };
      restore.push(() => {
        functions[name] = original;
      });
    }
  }
  // Also for those who have imported them already.
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    for (const undo of restore) undo();
    syncBuiltinESMExports();
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
