import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import type { Measurement } from '../gate/measurement.ts';
import type { MeasurementStore } from '../gate/recall.ts';
import type { Octokit } from './author.ts';
import { withToolkit } from './log.ts';
import type { Repository } from './regression-issue.ts';

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
  /** Refs whose entries may be used, by whoever can tell; null: all that the run can see. */
  readonly isTrusted: (key: string) => Promise<boolean>;
  readonly print: (line: string) => void;
}

/** Measurements in GitHub's cache. An accelerator: where anything fails, the measurement is simply made. */
export interface MeasurementCache extends MeasurementStore {
  /** Text and whole key of the newest entry whose key begins so; null if there is none. */
  readonly newest: (prefix: string) => Promise<{ readonly text: string; readonly key: string } | null>;
  readonly keepText: (key: string, text: string) => void;
  /** Save what was kept. Last of all, when the verdict is out. */
  readonly save: () => Promise<void>;
}

const PREFIX = 'shadow-gate-measurement/';

export function openMeasurementCache({ workspace, saves, isTrusted, print }: CacheOptions): MeasurementCache {
  const file = `${workspace}/${FILE}`;
  const kept = new Map<string, string>();

  async function restore(key: string, prefixes: readonly string[]) {
    // Somebody's file of that name is not to be overwritten, and not to be taken for an entry.
    if (!isFeatureAvailable() || existsSync(file)) return null;
    try {
      if (!(await isTrusted(prefixes[0] ?? key))) return null;
      const hit = await withToolkit(print, () => restoreCache([FILE], key, [...prefixes], LIMITS));
      return hit === undefined ? null : { text: await readFile(file, 'utf8'), key: hit };
    } catch (error) {
      print(`The cache was not read: ${(error as Error).message}`);
      return null;
    } finally {
      await rm(file, { force: true, recursive: true });
    }
  }

  async function saveOne(key: string, text: string): Promise<void> {
    if (existsSync(file)) return;
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
      const hit = await restore(PREFIX + key, []);
      // A whole key hits what it begins as well.
      return hit?.key === PREFIX + key ? hit.text : null;
    },
    keep: (key: string, measurement: Measurement) => kept.set(PREFIX + key, JSON.stringify(measurement)),
    // The key itself is nobody's: only the prefix can hit.
    newest: (prefix) => restore(`${prefix}none`, [prefix]),
    keepText: (key, text) => kept.set(key, text),
    save: async () => {
      if (!saves || !isFeatureAvailable()) return;
      for (const [key, text] of kept) await saveOne(key, text);
    },
  };
}

/**
 * Does GitHub have this key only on branches that no change can write to? A run of a pull request finds the entries of its own
 * ref before those of the base branch, and whatever that pull request runs can have written these.
 * @param refs whose entries may be used, such as `refs/heads/main`
 * @returns false as well where GitHub does not say, or the token may not ask (`actions: read`)
 */
export async function isOnlyOn(
  octokit: Octokit,
  at: Repository,
  key: string,
  refs: readonly string[],
): Promise<boolean> {
  try {
    const { data } = await octokit.rest.actions.getActionsCacheList({ ...at, key, per_page: 100 });
    return (
      data.total_count <= data.actions_caches.length && data.actions_caches.every(({ ref }) => refs.includes(ref ?? ''))
    );
  } catch {
    return false;
  }
}
