import { z } from 'zod';
import type { ResultStore } from '../../platform/key-value-store.ts';
import type { MeasurementCache } from './actions-cache.ts';

const bundleSchema = z.record(z.string(), z.string());

/** Spectra in GitHub's cache, all of a run in one entry. */
export interface SpectrumCache extends ResultStore {
  /** Leave what this run has used or found out, where there is something new. @param id of the run */
  readonly leave: (id: string) => void;
}

/**
 * The spectra that the newest run on the default branch has left, so that a checkpoint that changed three matrices costs three.
 * @param folder of the key: checkpoints of one key resemble each other
 * @param print where to say that the cache was not read
 */
export function spectrumCache(cache: MeasurementCache, folder: string, print: (line: string) => void): SpectrumCache {
  const prefix = `shadow-gate-spectra/${folder}/`;
  const used = new Map<string, string>();
  let hasNews = false;
  let left: Promise<ReadonlyMap<string, string>> | null = null;

  async function read(): Promise<ReadonlyMap<string, string>> {
    try {
      const hit = await cache.newest(prefix);
      return new Map(hit === null ? [] : Object.entries(bundleSchema.parse(JSON.parse(hit.text))));
    } catch (error) {
      print(`The cache of spectra was not read: ${(error as Error).message}`);
      return new Map();
    }
  }

  return {
    recall: async (key) => {
      left ??= read();
      const text = (await left).get(key) ?? null;
      if (text !== null) used.set(key, text);
      return text;
    },
    keep: async (key, text) => {
      used.set(key, text);
      hasNews = true;
    },
    leave: (id) => {
      if (hasNews) cache.keepText(`${prefix}${id}`, JSON.stringify(Object.fromEntries(used)));
    },
  };
}
