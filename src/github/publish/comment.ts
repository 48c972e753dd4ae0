import { type Author, authorOf, isBy, type Octokit } from '../client/author.ts';
import { commentTrouble, isRateLimit, statusOf } from '../client/errors.ts';
import type { PullRequest } from '../event/pull-request.ts';

/** The address of the comment, or one line that says why there is none. */
export type CommentResult = { readonly url: string } | { readonly warning: string };

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly html_url: string;
  readonly user: { readonly login: string; readonly type: string } | null;
}

/** Deletions in one run. More duplicates than that are no race, and GitHub wants a second between writes. */
const MAX_FOLDED = 10;

/** How far back to look for a duplicate of a comment just made: longer than all attempts and waits of the client. */
const RACE_MILLISECONDS = 10 * 60_000;

/**
 * Keep one comment on a pull request: the one that this token wrote and that begins with `marker` is updated in place,
 * else a new one is written. A comment of somebody else is never touched, whatever it begins with.
 *
 * Two runs at a time, or a request that was carried out though its answer was lost, may leave two comments. The oldest
 * stays and the others are deleted, so that all runs choose the same one.
 *
 * Never throws: a comment is worth less than the verdict.
 * @param octokit of `openClient`
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
    const url = await updateFirst(octokit, pullRequest, own, body);
    if (url !== null) return { url };
    const created = await create(octokit, pullRequest, body);
    return { url: await foldNew(octokit, pullRequest, created, { marker, body }) };
  } catch (error) {
    return { warning: commentTrouble(error, pullRequest) };
  }
}

/** All comments that begin with the marker, oldest first. One that quotes it further down is none of ours. */
async function commentsWith(
  octokit: Octokit,
  { owner, repo, number }: PullRequest,
  marker: string,
  since?: string,
): Promise<Comment[]> {
  const found: Comment[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    owner,
    repo,
    issue_number: number,
    per_page: 100,
    ...(since === undefined ? {} : { since }),
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

/**
 * Update the first that lets itself be updated, and delete the later ones by the same login: that the token may write
 * a comment does not show that it wrote it.
 * @returns the address; null if there is none
 */
async function updateFirst(octokit: Octokit, pullRequest: PullRequest, own: readonly Comment[], body: string) {
  for (const [at, { id, user }] of own.entries()) {
    const url = await update(octokit, pullRequest, id, body);
    if (url === null) continue;
    const duplicates = own.slice(at + 1).filter((other) => other.user?.login === user?.login);
    await deleteAll(octokit, pullRequest, duplicates);
    return url;
  }
  return null;
}

/**
 * Look once more after creating: one request, on a first run only. Without it the duplicate of a lost answer would stay
 * till the next push, and that of a race would be read by whoever opens the pull request first. GitHub says whose the
 * new comment is, so that nobody has to be asked.
 * @returns the address of the comment that stays
 */
async function foldNew(
  octokit: Octokit,
  pullRequest: PullRequest,
  created: Comment & { readonly created_at: string },
  { marker, body }: { marker: string; body: string },
): Promise<string> {
  try {
    const since = new Date(Date.parse(created.created_at) - RACE_MILLISECONDS).toISOString();
    const marked = await commentsWith(octokit, pullRequest, marker, since);
    const own = marked.filter(({ user }) => user !== null && user.login === created.user?.login);
    if (own[0] === undefined || own[0].id === created.id) {
      await deleteAll(octokit, pullRequest, own.slice(1));
      return created.html_url;
    }
    return (await updateFirst(octokit, pullRequest, own, body)) ?? created.html_url;
  } catch {
    // The comment stands, and the next run folds.
    return created.html_url;
  }
}

/** Duplicates. Silent: the comment stands, and the next run tries again. */
async function deleteAll(octokit: Octokit, { owner, repo }: PullRequest, duplicates: readonly Comment[]) {
  try {
    for (const { id } of duplicates.slice(0, MAX_FOLDED)) {
      await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
    }
  } catch {}
}

/** @returns the address; null if the comment is gone or turns out to be somebody else's */
async function update(octokit: Octokit, { owner, repo }: PullRequest, id: number, body: string) {
  try {
    const { data } = await octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body });
    return data.html_url;
  } catch (error) {
    // A new comment beside one that could only not be updated yet would be a second one.
    if (isRateLimit(error)) throw error;
    // With a token that may not write at all, creating fails the same way and says so.
    if (statusOf(error) === 403 || statusOf(error) === 404) return null;
    throw error;
  }
}

async function create(octokit: Octokit, { owner, repo, number }: PullRequest, body: string) {
  const { data } = await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body });
  return data;
}
