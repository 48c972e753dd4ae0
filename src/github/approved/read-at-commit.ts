import { UserError } from '../../platform/user-error.ts';
import { describeGithubError, statusOf } from '../client/errors.ts';
import type { Commit, Octokit } from '../client/types.ts';

/**
 * What a commit has at a path: a file, a folder, or something else, such as a submodule or a link out of the
 * repository.
 */
export type Content = { readonly kind: 'file'; readonly text: string } | { readonly kind: 'folder' | 'other' };

/**
 * What a commit has at a path, files with their text (up to 100 MB); null if it has nothing there.
 * @param what the content is called in errors, such as `baseline`
 * @throws UserError if the commit cannot be read: to go on without the content would be a guess
 */
export async function contentAt(octokit: Octokit, commit: Commit, path: string, what: string): Promise<Content | null> {
  const { owner, repo, sha } = commit;
  try {
    const { data } = await octokit.rest.repos.getContent({
      owner,
      repo,
      path,
      ref: sha,
      mediaType: { format: 'raw' },
    });
    // With this media type a file arrives as its text, although the types do not say so; a folder arrives as a list.
    if (typeof data === 'string') return { kind: 'file', text: data };
    return { kind: Array.isArray(data) ? 'folder' : 'other' };
  } catch (error) {
    if (statusOf(error) === 404 && (await isVisible(octokit, commit))) return null;
    throw new UserError(
      `the ${what} ${path} could not be read at the base commit ${shortSha(sha)} (${describeGithubError(error)})`,
      'add `permissions: contents: read` to the job, or run it again later',
    );
  }
}

/** The text of a file in a commit; null if it has nothing there. @throws UserError as above, and if it is not a file */
export async function textAt(octokit: Octokit, commit: Commit, path: string, what: string): Promise<string | null> {
  const content = await contentAt(octokit, commit, path, what);
  if (content === null) return null;
  if (content.kind === 'file') return content.text;
  throw new UserError(`the ${what} ${path} is not a file in commit ${shortSha(commit.sha)}`, 'give the path of a file');
}

export const shortSha = (sha: string): string => sha.slice(0, 7);

/** A token that may not read the repository gets a 404 too. Also false if GitHub does not answer. */
async function isVisible(octokit: Octokit, { owner, repo, sha }: Commit): Promise<boolean> {
  try {
    await octokit.rest.git.getCommit({ owner, repo, commit_sha: sha });
    return true;
  } catch {
    return false;
  }
}
