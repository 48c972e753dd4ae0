import { type Author, authorOf, isBy, type Octokit } from './author.ts';
import { commentTrouble, statusOf } from './comment-trouble.ts';
import type { PullRequest } from './pull-request.ts';

/** The address of the comment, or one line that says why there is none. */
export type CommentResult = { readonly url: string } | { readonly warning: string };

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly html_url: string;
  readonly user: { readonly login: string; readonly type: string } | null;
}

/** A call to GitHub that hangs must not hold the job. */
const PATIENCE_MILLISECONDS = 30_000;
const signal = () => ({ signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });

/**
 * Keep one comment on a pull request: the one that this token wrote and that begins with `marker` is updated in place,
 * else a new one is written. A comment of somebody else is never touched, whatever it begins with.
 *
 * Never throws: a comment is worth less than the verdict.
 * @param body begins with `marker`
 */
export async function stickyComment(
  octokit: Octokit,
  pullRequest: PullRequest,
  { marker, body }: { marker: string; body: string },
): Promise<CommentResult> {
  try {
    const marked = await commentsWith(octokit, pullRequest, marker);
    // Who we are is asked only where it matters: not on a first run.
    const author = marked.length > 0 ? await authorOf(octokit) : null;
    const own = author === null ? [] : ownFirst(marked, author);
    for (const { id } of own) {
      const url = await update(octokit, pullRequest, id, body);
      if (url !== null) return { url };
    }
    return { url: await create(octokit, pullRequest, body) };
  } catch (error) {
    return { warning: commentTrouble(error, pullRequest) };
  }
}

/** All comments that begin with the marker, oldest first. One that quotes it further down is none of ours. */
async function commentsWith(octokit: Octokit, { owner, repo, number }: PullRequest, marker: string) {
  const found: Comment[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    owner,
    repo,
    issue_number: number,
    per_page: 100,
    request: signal(),
  });
  for await (const { data } of pages) found.push(...data.filter(({ body }) => body?.startsWith(marker)));
  return found;
}

/** Those that the author wrote; where we only know that we are some bot, the likeliest first. */
function ownFirst(marked: readonly Comment[], author: Author): Comment[] {
  const own = marked.filter(({ user }) => user !== null && isBy(user, author));
  return author.login === null ? own.sort((a, b) => likelihood(b) - likelihood(a)) : own;
}

const likelihood = ({ user }: Comment): number => (user?.login === 'github-actions[bot]' ? 1 : 0);

/** @returns the address; null if the comment is gone or turns out to be somebody else's */
async function update(octokit: Octokit, { owner, repo }: PullRequest, id: number, body: string) {
  try {
    const { data } = await octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body, request: signal() });
    return data.html_url;
  } catch (error) {
    // With a token that may not write at all, creating fails the same way and says so.
    if (statusOf(error) === 403 || statusOf(error) === 404) return null;
    throw error;
  }
}

async function create(octokit: Octokit, { owner, repo, number }: PullRequest, body: string): Promise<string> {
  const { data } = await octokit.rest.issues.createComment({
    owner,
    repo,
    issue_number: number,
    body,
    request: signal(),
  });
  return data.html_url;
}
