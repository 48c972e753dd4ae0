import * as core from '@actions/core';
import { context } from '@actions/github';
import { baseBranchOf, defaultBranchOf, isOnDefaultBranch } from '../github/event/branches.ts';
import { type MeasurementCache, openMeasurementCache } from '../github/storage/actions-cache.ts';
import { cacheScope } from '../github/storage/cache-scope.ts';
import { type SpectrumCache, spectrumCache } from '../github/storage/spectrum-cache.ts';
import { clientOf } from './clients.ts';
import type { Options } from './inputs.ts';
import { folderOf } from './key-folder.ts';

/** What is known from earlier runs: whole measurements, and single spectra. */
export interface Caches extends MeasurementCache {
  readonly spectra: SpectrumCache;
}

/** The cache as this run may use it; null where it is off. */
export function openCache(options: Options): Caches | null {
  if (options.cache === 'off') return null;
  const { eventName, payload, ref, repo } = context;
  const branches = [defaultBranchOf(payload), baseBranchOf(payload)].filter((branch) => branch !== null);
  const cache = openMeasurementCache({
    workspace: process.cwd(),
    saves: isOnDefaultBranch(eventName, ref, payload),
    scope: cacheScope(clientOf(options), repo, {
      found: [ref],
      trusted: branches.map((branch) => `refs/heads/${branch}`),
    }),
    print: core.info,
  });
  return { ...cache, spectra: spectrumCache(cache, folderOf(options.key), core.info) };
}
