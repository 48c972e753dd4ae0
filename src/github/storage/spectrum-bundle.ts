import { parseJson } from '@shadow-gate/platform/json';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { z } from 'zod';
import { printable } from '../../report/escape.ts';
import type { ActionsCache } from './actions-cache.ts';

const bundleSchema = z.record(z.string(), z.string());

/** Many spectra in one entry of GitHub's cache: a model has too many for single entries. */
export interface SpectrumBundle extends KeyValueStore {
  /** Save the spectra that this run used or computed, if any is new. @param id of the run */
  readonly handOver: (id: string) => Promise<void>;
}

/** Spectra of the newest run on the default branch: a checkpoint that differs in three matrices costs three. */
export function openSpectrumBundle(cache: ActionsCache, folder: string, print: (line: string) => void): SpectrumBundle {
  const prefix = `shadow-gate-spectra/${folder}/`;
  const used = new Map<string, string>();
  let hasNew = false;
  let saved: Promise<ReadonlyMap<string, string>> | null = null;

  async function read(): Promise<ReadonlyMap<string, string>> {
    try {
      const hit = await cache.newest(prefix);
      if (hit === null) return new Map();
      return new Map(Object.entries(bundleSchema.parse(parseJson(hit.text, { name: 'the entry', hint: 'delete it' }))));
    } catch (error) {
      print(`The cached spectra were not read: ${printable((error as Error).message)}`);
      return new Map();
    }
  }

  return {
    get: async (key) => {
      saved ??= read();
      const text = (await saved).get(key) ?? null;
      if (text !== null) used.set(key, text);
      return text;
    },
    set: async (key, text) => {
      used.set(key, text);
      hasNew = true;
    },
    handOver: async (id) => {
      if (hasNew) await cache.set(`${prefix}${id}`, JSON.stringify(Object.fromEntries(used)));
    },
  };
}
