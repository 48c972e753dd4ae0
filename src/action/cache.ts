import * as core from '@actions/core';
import { context } from '@actions/github';
import { baseBranchOf, defaultBranchOf, isOnDefaultBranch } from '../github/base-branch.ts';
import { cacheScope } from '../github/cache-scope.ts';
import type { Options } from '../github/inputs.ts';
import { type MeasurementCache, openMeasurementCache } from '../github/measurement-cache.ts';
import { clientOf } from './clients.ts';

/** The cache of measurements as this run may use it; null where it is off. */
export function openCache(options: Options): MeasurementCache | null {
  if (options.cache === 'off') return null;
  const { eventName, payload, ref, repo } = context;
  const branches = [defaultBranchOf(payload), baseBranchOf(payload)].filter((branch) => branch !== null);
  return openMeasurementCache({
    workspace: process.cwd(),
    saves: isOnDefaultBranch(eventName, ref, payload),
    scope: cacheScope(clientOf(options), repo, {
      found: [ref],
      trusted: branches.map((branch) => `refs/heads/${branch}`),
    }),
    print: core.info,
  });
}
