import type { Octokit } from '../client/types.ts';
import { type CheckRunPlace, checkRunName } from './check-run.ts';

/** A check run as GitHub lists it. */
export type ListedCheckRun = Awaited<ReturnType<Octokit['rest']['checks']['listForRef']>>['data']['check_runs'][number];

/**
 * All check runs of a gate on a commit, also those that a later one replaced.
 * @throws RequestError where GitHub refuses, or does not answer
 */
export function listCheckRuns(
  octokit: Octokit,
  { name, commit: { owner, repo, sha } }: Pick<CheckRunPlace, 'name' | 'commit'>,
  only: { readonly status?: 'completed' } = {},
): Promise<ListedCheckRun[]> {
  return octokit.paginate(octokit.rest.checks.listForRef, {
    ...{ owner, repo, ref: sha, check_name: checkRunName(name), filter: 'all', per_page: 100 },
    ...only,
  });
}
