import type { Octokit } from '../client/author.ts';
import type { Repository } from '../publish/issue.ts';

/** Whose entries of GitHub's cache a run finds. */
export interface CacheScope {
  /** How many with this prefix a change can have written. @throws where GitHub does not say */
  readonly ofChange: (prefix: string) => Promise<number>;
  /** How many with this prefix branches have that no change can write to. @throws where GitHub does not say */
  readonly ofBranches: (prefix: string) => Promise<number>;
}

/**
 * A run of a pull request finds the entries of its own ref before those of the base branch and the default branch, and
 * whatever that pull request runs can have written these. What other pull requests have written it does not find.
 * @param octokit null without a token; asking needs `actions: read`
 * @param refs that the run finds entries of, and those of them that no change can write to, such as `refs/heads/main`
 */
export function cacheScope(
  octokit: Octokit | null,
  at: Repository,
  { found, trusted }: { readonly found: readonly string[]; readonly trusted: readonly string[] },
): CacheScope {
  async function countOn(refs: readonly string[], key: string): Promise<number> {
    let count = 0;
    for (const ref of new Set(refs)) {
      if (octokit === null) throw new Error('the input github-token is empty');
      const { data } = await octokit.rest.actions.getActionsCacheList({ ...at, key, ref, per_page: 1 });
      count += data.total_count;
    }
    return count;
  }
  const foreign = found.filter((ref) => !trusted.includes(ref));
  return {
    ofChange: (prefix) => countOn(foreign, prefix),
    ofBranches: (prefix) => countOn(trusted, prefix),
  };
}
