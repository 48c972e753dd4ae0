import * as core from '@actions/core';
import { context } from '@actions/github';
import { baseBranchOf, defaultBranchOf, isOnDefaultBranch } from '../github/base-branch.ts';
import type { Options } from '../github/inputs.ts';
import { isOnlyOn, type MeasurementCache, openMeasurementCache } from '../github/measurement-cache.ts';
import { clientOf } from './clients.ts';

/** The cache of measurements as this run may use it; null where it is off. */
export function openCache(options: Options): MeasurementCache | null {
  if (options.cache === 'off') return null;
  const { eventName, payload, ref, repo } = context;
  const saves = isOnDefaultBranch(eventName, ref, payload);
  const octokit = clientOf(options);
  const branches = [defaultBranchOf(payload), baseBranchOf(payload)].filter((branch) => branch !== null);
  const refs = branches.map((branch) => `refs/heads/${branch}`);
  return openMeasurementCache({
    workspace: process.cwd(),
    saves,
    // A run on the default branch sees the entries of that branch alone.
    isTrusted: async (key) => saves || (octokit !== null && (await isOnlyOn(octokit, repo, key, refs))),
    print: core.info,
  });
}
