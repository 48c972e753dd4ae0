import * as core from '@actions/core';
import { context } from '@actions/github';
import { baseBranchOf, defaultBranchOf, isOnDefaultBranch } from '../github/event/branches.ts';
import { type ActionsCache, openActionsCache } from '../github/storage/actions-cache.ts';
import { cacheScope } from '../github/storage/cache-scope.ts';
import { openSpectrumBundle, type SpectrumBundle } from '../github/storage/spectrum-bundle.ts';
import { type KeyValueStore, withPrefix } from '../platform/key-value-store.ts';
import { clientOf } from './clients.ts';
import type { Options } from './inputs.ts';
import { folderOf } from './key-folder.ts';

/** GitHub's cache, and what earlier runs have left in it: whole measurements, and single spectra. */
export interface Caches extends ActionsCache {
  readonly measurements: KeyValueStore;
  readonly spectra: SpectrumBundle;
}

/** The cache as this run may use it; null where it is off. */
export function openCache(options: Options): Caches | null {
  if (options.cache === 'off') return null;
  const { eventName, payload, ref, repo } = context;
  const branches = [defaultBranchOf(payload), baseBranchOf(payload)].filter((branch) => branch !== null);
  const cache = openActionsCache({
    workspace: process.cwd(),
    saves: isOnDefaultBranch(eventName, ref, payload),
    scope: cacheScope(clientOf(options), repo, {
      found: [ref],
      trusted: branches.map((branch) => `refs/heads/${branch}`),
    }),
    print: core.info,
  });
  return {
    ...cache,
    measurements: withPrefix(cache, 'shadow-gate-measurement/'),
    spectra: openSpectrumBundle(cache, folderOf(options.key), core.info),
  };
}
