import { realpath, stat } from 'node:fs/promises';
import { readTextFile } from '@shadow-gate/platform/files';

/** A file of a task that belongs at `place` and is read at `path`. */
export interface LocatedFile {
  readonly place: string;
  readonly path: string;
  /** If it has been read. */
  readonly text?: string | undefined;
}

/** Finds files that a task includes, and those of its documents. */
export interface TaskFiles {
  /** The first of some absolute paths with a file; null if there is none. */
  readonly locate: (places: readonly string[]) => Promise<LocatedFile | null>;
}

export const LOCAL_FILES: TaskFiles = {
  locate: async (places) => {
    for (const place of places) {
      if ((await stat(place).catch(() => null))?.isFile()) return { place, path: place };
    }
    return null;
  },
};

/** Prefers approved texts. @param paths of approved texts, by the absolute paths where they belong */
export function approvedFiles(paths: ReadonlyMap<string, string>): TaskFiles {
  return {
    locate: async (places) => {
      for (const place of places) {
        const path = paths.get(place);
        if (path !== undefined) return { place, path };
      }
      return LOCAL_FILES.locate(places);
    },
  };
}

/** The text of a file, and its place: the real one unless the text is an approved copy. */
export async function readTaskText(
  files: TaskFiles,
  path: string,
  name: string,
): Promise<{ readonly text: string; readonly place: string } | null> {
  const located = await files.locate([path]);
  const text = located && (located.text ?? (await readTextFile(located.path, 'templates', name)));
  if (located === null || text === null) return null;
  return { text, place: located.path === path ? await realpath(path) : path };
}
