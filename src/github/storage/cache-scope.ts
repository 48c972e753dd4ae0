import type { Octokit, Repository } from '../client/types.ts';

export interface CacheScope {
  /** Entries with this prefix that a change can have written. @throws if GitHub does not answer */
  readonly ofChange: (prefix: string) => Promise<number>;
  /** Entries with this prefix on branches that no change can write to. @throws if GitHub does not answer */
  readonly ofBranches: (prefix: string) => Promise<number>;
}

/**
 * A run of a pull request gets the entries of its own ref, which anything that the pull request runs can have written,
 * before those of the base and default branches. It does not get entries of other pull requests.
 * @param octokit null without a token; the token needs `actions: read`
 * @param refs `visible`: whose entries the run gets; `trusted`: those that no change can write to, such as
 * `refs/heads/main`
 */
export function cacheScope(
  octokit: Octokit | null,
  repository: Repository,
  { visible, trusted }: { readonly visible: readonly string[]; readonly trusted: readonly string[] },
): CacheScope {
  async function countOn(refs: readonly string[], key: string): Promise<number> {
    let count = 0;
    for (const ref of new Set(refs)) {
      if (octokit === null) throw new Error('the input github-token is empty');
      const { data } = await octokit.rest.actions.getActionsCacheList({ ...repository, key, ref, per_page: 1 });
      count += data.total_count;
    }
    return count;
  }
  const untrusted = visible.filter((ref) => !trusted.includes(ref));
  return {
    ofChange: (prefix) => countOn(untrusted, prefix),
    ofBranches: (prefix) => countOn(trusted, prefix),
  };
}
