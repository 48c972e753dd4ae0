import { describeGithubError } from '../client/errors.ts';
import type { Octokit } from '../client/types.ts';
import { type CheckRunPlace, checkRunName } from './check-run.ts';

interface FailedCheck extends Pick<CheckRunPlace, 'name' | 'commit'> {
  /** Id of this run's own check run. */
  readonly own: number;
  readonly digest: string;
  /** ISO 8601, in UTC: the check failed before. */
  readonly before: string;
}

/** Null if a check of this checkpoint on this commit had failed before; else why that is unknown. Never throws. */
export async function whyNotFailedBefore(
  octokit: Octokit,
  { own, digest, before, name, commit: { owner, repo, sha } }: FailedCheck,
): Promise<string | null> {
  try {
    // Including those that a later one replaced.
    const wanted = { owner, repo, ref: sha, check_name: checkRunName(name), filter: 'all', per_page: 100 } as const;
    const runs = await octokit.paginate(octokit.rest.checks.listForRef, wanted);
    // Another app may write a check run of the same name, which does not count for this app's required check.
    const app = runs.find(({ id }) => id === own)?.app?.id;
    const isThere = runs.some(
      (run) =>
        run.conclusion === 'failure' &&
        run.app?.id === app &&
        run.external_id === digest &&
        run.completed_at !== null &&
        Date.parse(run.completed_at) <= Date.parse(before),
    );
    return isThere && app !== undefined
      ? null
      : 'no check of this commit and this checkpoint had failed before, which needs `checks: write`';
  } catch (error) {
    return `GitHub does not say what it overrides: ${describeGithubError(error)}`;
  }
}
