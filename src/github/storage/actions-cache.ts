import { lstatSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import type { MeasurementStore } from '../../measure/options.ts';
import type { Measurement } from '../../measure/schema/measurement.ts';
import { withToolkit } from '../client/log.ts';
import { hasAbandonedWork } from '../client/with-timeout.ts';
import type { CacheScope } from './cache-scope.ts';

/**
 * The one path that entries hold, from the workspace, which is the working directory: the service finds an entry by its path
 * as well, so that it has to be the same on every machine.
 */
const FILE = '.shadow-gate-cached-measurement.json';

/** A service that does not answer must not hold the job: measuring is what the cache saves. */
const LIMITS = { timeoutInMs: 30_000, segmentTimeoutInMs: 60_000 };

export interface CacheOptions {
  /** Where the working directory is. */
  readonly workspace: string;
  /** Whether this run leaves entries for others. */
  readonly saves: boolean;
  readonly scope: CacheScope;
  readonly print: (line: string) => void;
}

/** Measurements in GitHub's cache. As an accelerator it never fails: the measurement is simply made. */
export interface MeasurementCache extends MeasurementStore {
  /**
   * Text and whole key of the newest entry whose key begins so; null if there is none.
   * @throws where there may be one that cannot be read, or a change can have written it
   */
  readonly newest: (prefix: string) => Promise<{ readonly text: string; readonly key: string } | null>;
  readonly keepText: (key: string, text: string) => void;
  /** Save what was kept. Last of all, when the verdict is out. */
  readonly save: () => Promise<void>;
}

const PREFIX = 'shadow-gate-measurement/';

export function openMeasurementCache({ workspace, saves, scope, print }: CacheOptions): MeasurementCache {
  const file = `${workspace}/${FILE}`;
  const kept = new Map<string, string>();
  /** Nobody waits twice for a service that hangs. */
  const isThere = () => isFeatureAvailable() && !hasAbandonedWork();
  /** Also by a link to nothing, which would be removed as if it were ours. */
  const isTaken = () => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

  async function restore(key: string, prefixes: readonly string[]) {
    if (!isThere()) throw new Error('this server has none, or it does not answer');
    // Somebody's file of that name is not to be overwritten, and not to be taken for an entry.
    if (isTaken()) throw new Error(`${FILE} is in its way`);
    const prefix = prefixes[0] ?? key;
    await expectTrusted(prefix);
    try {
      const hit = await withToolkit(print, () => restoreCache([FILE], key, [...prefixes], LIMITS));
      if (hit === undefined) return null;
      // Another job of the change may have written one meanwhile.
      await expectTrusted(prefix);
      return { text: await readFile(file, 'utf8'), key: hit };
    } finally {
      await rm(file, { force: true, recursive: true });
    }
  }

  async function expectTrusted(prefix: string): Promise<void> {
    const count = await scope.ofChange(prefix);
    if (count > 0) throw new Error(`the change itself has written ${count} of its entries`);
  }

  async function saveOne(key: string, text: string): Promise<void> {
    if (!isThere() || isTaken()) return;
    try {
      await writeFile(file, text, { flag: 'wx' });
      await withToolkit(print, () => saveCache([FILE], key));
    } catch (error) {
      print(`The cache was not written: ${(error as Error).message}`);
    } finally {
      await rm(file, { force: true });
    }
  }

  return {
    recall: async (key) => {
      try {
        const hit = await restore(PREFIX + key, []);
        // A whole key hits what it begins as well.
        return hit?.key === PREFIX + key ? hit.text : null;
      } catch (error) {
        print(`The cache was not read: ${(error as Error).message}`);
        return null;
      }
    },
    keep: (key: string, measurement: Measurement) => kept.set(PREFIX + key, JSON.stringify(measurement)),
    newest: async (prefix) => {
      // The key itself is nobody's: only the prefix can hit.
      const hit = await restore(`${prefix}none`, [prefix]);
      // The toolkit says the same of a service that fails as of one that has nothing.
      if (hit === null && (await scope.ofBranches(prefix)) > 0) throw new Error('none of its entries could be fetched');
      return hit;
    },
    keepText: (key, text) => kept.set(key, text),
    save: async () => {
      if (!saves) return;
      for (const [key, text] of kept) await saveOne(key, text);
    },
  };
}
