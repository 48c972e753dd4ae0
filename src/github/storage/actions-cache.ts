import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { printable } from '../../report/escape.ts';
import { withToolkit } from '../client/log.ts';
import { hasAbandonedWork } from '../client/with-timeout.ts';
import type { CacheScope } from './cache-scope.ts';

/** The only path in every entry. Lookups use it too, so it is relative to the workspace and the same everywhere. */
const FILE = '.shadow-gate-cached-measurement.json';

/** A service that does not answer must not hold up the job: the cache only saves time. */
const LIMITS = { timeoutInMs: 30_000, segmentTimeoutInMs: 60_000 };

interface ActionsCacheOptions {
  /** The runner's folder. */
  readonly temporary: string;
  /** Whether this run may leave entries for later runs. */
  readonly saves: boolean;
  readonly scope: CacheScope;
  readonly print: (line: string) => void;
}

/** GitHub's cache as a store: `get` fetches an entry by its whole key, `set` remembers one until `save`. */
export interface ActionsCache extends KeyValueStore {
  /** The newest with a prefix. @throws if there may be one that cannot be read, or that a change can have written */
  readonly newest: (prefix: string) => Promise<{ readonly text: string; readonly key: string } | null>;
  /** Save the new entries. Called last, after the verdict. Never throws. */
  readonly save: () => Promise<void>;
}

export function openActionsCache({ temporary, saves, scope, print }: ActionsCacheOptions): ActionsCache {
  const unsaved = new Map<string, string>();
  /** Do not wait twice for a service that hangs. */
  const isAvailable = () => isFeatureAvailable() && !hasAbandonedWork();

  async function restore(key: string, prefixes: readonly string[]) {
    if (!isAvailable()) throw new Error('this server has no cache, or it does not answer');
    const prefix = prefixes[0] ?? key;
    await expectTrusted(prefix);
    return inOwnWorkspace(temporary, async (folder) => {
      const hit = await withToolkit(print, () => restoreCache([FILE], key, [...prefixes], LIMITS));
      if (hit === undefined) return null;
      // Another job of the change may have written an entry in the meantime.
      await expectTrusted(prefix);
      return { text: await readFile(join(folder, FILE), 'utf8'), key: hit };
    });
  }

  async function expectTrusted(prefix: string): Promise<void> {
    const count = await scope.ofChange(prefix);
    if (count > 0) throw new Error(`the change itself has written ${count} of its entries`);
  }

  async function saveOne(key: string, text: string): Promise<void> {
    if (!isAvailable()) return;
    try {
      await inOwnWorkspace(temporary, async (folder) => {
        await writeFile(join(folder, FILE), text);
        // The toolkit looks for files in the working directory. Everything else is done by now.
        const before = process.cwd();
        process.chdir(folder);
        try {
          await withToolkit(print, () => saveCache([FILE], key));
        } finally {
          process.chdir(before);
        }
      });
    } catch (error) {
      print(`The cache was not written: ${printable((error as Error).message)}`);
    }
  }

  return {
    get: async (key) => {
      try {
        const hit = await restore(key, []);
        // The service also returns entries with longer keys that begin with this one.
        return hit?.key === key ? hit.text : null;
      } catch (error) {
        print(`The cache was not read: ${printable((error as Error).message)}`);
        return null;
      }
    },
    set: async (key, text) => {
      unsaved.set(key, text);
    },
    newest: async (prefix) => {
      // No entry has this key, so only the prefix can match.
      const hit = await restore(`${prefix}none`, [prefix]);
      // The toolkit returns the same for a failing service as for a missing entry.
      if (hit === null && (await scope.ofBranches(prefix)) > 0) throw new Error('none of its entries could be fetched');
      return hit;
    },
    save: async () => {
      if (!saves) return;
      for (const [key, text] of unsaved) await saveOne(key, text);
    },
  };
}

/** An empty folder: a killed process leaves nothing in the workspace, and no file there is mistaken for ours. */
async function inOwnWorkspace<T>(temporary: string, work: (folder: string) => Promise<T>): Promise<T> {
  const { GITHUB_WORKSPACE: before } = process.env;
  const folder = await realpath(await mkdtemp(join(temporary, 'shadow-gate-cache-')));
  process.env.GITHUB_WORKSPACE = folder;
  try {
    return await work(folder);
  } finally {
    if (before === undefined) delete process.env.GITHUB_WORKSPACE;
    else process.env.GITHUB_WORKSPACE = before;
    await rm(folder, { recursive: true, force: true });
  }
}
