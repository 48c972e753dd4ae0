import { describeGithubError } from '../client/errors.ts';
import type { Octokit } from '../client/types.ts';
import type { CheckRunPlace } from './check-run.ts';
import { listCheckRuns } from './list-check-runs.ts';

/** The failed check run of one checkpoint on one commit. */
interface FailedCheck extends Pick<CheckRunPlace, 'name' | 'commit'> {
  /** Digest of the checkpoint that was judged. */
  readonly digest: string;
  /** ISO 8601, in UTC: the check run was there before. */
  readonly before: string;
}

/**
 * Whether a check of this checkpoint on this commit had failed at a time: null if so, else why that is not known. Never
 * throws.
 */
export async function whyNotFailedBefore(
  octokit: Octokit,
  { digest, before, ...place }: FailedCheck,
): Promise<string | null> {
  try {
    const runs = await listCheckRuns(octokit, place, { status: 'completed' });
    const isThere = runs.some(
      ({ conclusion, external_id, completed_at }) =>
        conclusion === 'failure' &&
        external_id === digest &&
        completed_at !== null &&
        Date.parse(completed_at) <= Date.parse(before),
    );
    return isThere
      ? null
      : 'no check of this commit and this checkpoint had failed before, which needs `checks: write`';
  } catch (error) {
    return `GitHub does not say what it overrides: ${describeGithubError(error)}`;
  }
}
