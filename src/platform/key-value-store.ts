import { join } from 'node:path';
import { readTextFile } from './read-text-file.ts';
import { writeFileAtomic } from './write-file.ts';

/**
 * Where results are kept under keys that change with everything that they depend on, so that nothing is measured twice.
 * Neither function throws: what a store does not have, or cannot take, is measured.
 */
export interface ResultStore {
  /** @returns null if there is nothing under the key */
  readonly recall: (key: string) => Promise<string | null>;
  readonly keep: (key: string, text: string) => Promise<void>;
}

/** Digits of a key that name a folder: no folder has to hold a hundred thousand files. */
const FOLDER_DIGITS = 2;

/**
 * A store in a folder, one file a result. Each is written beside its place and renamed: whenever the process is killed, there
 * are only whole ones.
 * @param say hears once that nothing can be kept
 */
export function directoryStore(folder: string, say: (line: string) => void = () => {}): ResultStore {
  const pathOf = (key: string): string => join(folder, key.slice(0, FOLDER_DIGITS), `${key}.json`);
  let said = false;
  return {
    recall: (key) => readTextFile(pathOf(key)).catch(() => null),
    keep: async (key, text) => {
      try {
        await writeFileAtomic(pathOf(key), text);
      } catch (error) {
        if (!said) say(`results cannot be kept in ${folder}: ${(error as Error).message}`);
        said = true;
      }
    },
  };
}
