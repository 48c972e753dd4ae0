import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextFile } from './files/read-text-file.ts';
import { writeFileAtomic } from './files/write-file.ts';

/** Texts that are kept between runs. A key changes with all that its text depends on. Neither function throws. */
export interface KeyValueStore {
  readonly get: (key: string) => Promise<string | null>;
  readonly set: (key: string, text: string) => Promise<void>;
}

export function withKeyPrefix(store: KeyValueStore, prefix: string): KeyValueStore {
  return { get: (key) => store.get(prefix + key), set: (key, text) => store.set(prefix + key, text) };
}

/** Characters of a key that name a subfolder, so that no folder gets a hundred thousand files. */
const SUBFOLDER_LENGTH = 2;

/** A store in a folder, with a file for each key, written atomically. @param warn called once if that fails */
export function directoryStore(folder: string, warn: (line: string) => void = () => {}): KeyValueStore {
  const pathOf = (key: string): string => join(folder, key.slice(0, SUBFOLDER_LENGTH), `${key}.json`);
  let hasWarned = false;
  return {
    get: (key) => readTextFile(pathOf(key), 'measurement').catch(() => null),
    set: async (key, text) => {
      try {
        // The target of a link is not replaced, and a pipe would wait for its reader.
        const info = await lstat(pathOf(key)).catch(() => null);
        if (info && !info.isFile()) throw new Error(`${pathOf(key)} is not a regular file`);
        await writeFileAtomic(pathOf(key), text);
      } catch (error) {
        if (!hasWarned) warn(`results cannot be cached in ${folder}: ${(error as Error).message}`);
        hasWarned = true;
      }
    },
  };
}
