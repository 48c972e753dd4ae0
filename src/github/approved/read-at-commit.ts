import { UserError } from '../../platform/user-error.ts';
import type { Octokit } from '../client/author.ts';
import { statusOf } from '../client/errors.ts';

/** A commit of a repository. */
export interface Commit {
  readonly owner: string;
  readonly repo: string;
  readonly sha: string;
}

/** What a commit has at a path: a file, a folder, or what is neither, such as a submodule or a link to somewhere else. */
export type Content = { readonly kind: 'file'; readonly text: string } | { readonly kind: 'folder' | 'other' };

/**
 * What a commit has at a path, of files the text, of up to a hundred megabytes; null if it has nothing there.
 * @param what how errors call it, such as `baseline`
 * @throws UserError where GitHub does not say: to go on without it would be a guess
 */
export async function contentAt(
  octokit: Octokit,
  { owner, repo, sha }: Commit,
  path: string,
  what: string,
): Promise<Content | null> {
  try {
    const { data } = await octokit.rest.repos.getContent({
      owner,
      repo,
      path,
      ref: sha,
      mediaType: { format: 'raw' },
    });
    // With this media type a file is its text, whatever the types say; a folder is a list.
    if (typeof data === 'string') return { kind: 'file', text: data };
    return { kind: Array.isArray(data) ? 'folder' : 'other' };
  } catch (error) {
    if (statusOf(error) === 404 && (await isVisible(octokit, { owner, repo, sha }))) return null;
    throw unreadable(error, path, sha, what);
  }
}

/** The text of a file in a commit; null if it has nothing there. @throws UserError as above, and for what is no file */
export async function textAt(octokit: Octokit, commit: Commit, path: string, what: string): Promise<string | null> {
  const content = await contentAt(octokit, commit, path, what);
  if (content === null) return null;
  if (content.kind === 'file') return content.text;
  throw new UserError(`the ${what} ${path} is no file in commit ${short(commit.sha)}`, 'give the path of a file');
}

/** How people write a commit. */
export const short = (sha: string): string => sha.slice(0, 7);

/** A token that may not read gets a 404 as well. False too where GitHub does not say. */
async function isVisible(octokit: Octokit, { owner, repo, sha }: Commit): Promise<boolean> {
  try {
    await octokit.rest.git.getCommit({ owner, repo, commit_sha: sha });
    return true;
  } catch {
    return false;
  }
}

function unreadable(error: unknown, path: string, sha: string, what: string): UserError {
  const said = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error);
  return new UserError(
    `the ${what} ${path} could not be read at the base commit ${short(sha)} (${statusOf(error) ?? 'no answer'}: ${said})`,
    'give the job `permissions: contents: read`, or run again when GitHub answers',
  );
}
