import { given } from '@shadow-gate/platform';
import { type ReportRun, runOfPage } from '../../report/markdown/index.ts';
import { type Author, fetchAuthor, isBy } from '../client/author.ts';
import { describeWriteFailure, isRateLimit, requestErrorStatus } from '../client/errors.ts';
import type { Octokit, PullRequest } from '../client/types.ts';
import { hasBegun, isLater, isNewer } from './comment-order.ts';

/** The address of the comment, or one line that says why there is none. */
type CommentResult = { readonly url: string } | { readonly warning: string } | { readonly none: string };

interface StickyComment {
  readonly marker: string;
  /** The text for a newest commit of the pull request (null: unknown). Begins with the marker. */
  readonly bodyAt: (head: string | null) => string;
  /** Null: it replaces any other comment of this marker. */
  readonly run: ReportRun | null;
  /** Reads the newest commit of the pull request; null if unknown. Never throws. */
  readonly readHead: () => Promise<string | null>;
  /** Do not create a comment: it would tell nothing. */
  readonly isUpdateOnly?: boolean;
}

interface Draft extends StickyComment {
  readonly head: string | null;
  readonly body: string;
}

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly html_url: string;
  readonly user: { readonly login: string; readonly type: string } | null;
}

/** Per run. No race leaves more duplicates, and GitHub wants a second between two writes. */
const MAX_DELETED = 10;

/** Greatest age of a new comment's duplicates: more than all attempts and waits of the client together. */
const RACE_MILLISECONDS = 10 * 60_000;

/**
 * Keep one comment on a pull request. A comment that this token wrote and that begins with `marker` is updated; without
 * one, a new comment is written. Other people's comments are never touched, whatever they begin with.
 *
 * Two runs at the same time, or a request whose answer was lost, may leave two comments. The oldest stays and the
 * others are deleted, so that all runs choose the same one. A comment about a newer run is left as it is.
 *
 * Never throws: a comment is worth less than the verdict.
 */
export async function writeStickyComment(
  octokit: Octokit,
  pullRequest: PullRequest,
  comment: StickyComment,
): Promise<CommentResult> {
  try {
    const { marker } = comment;
    const first = await draft(comment);
    const marked = await commentsWith(octokit, pullRequest, marker);
    // A first run does not need to know the token's owner.
    const author = marked.length > 0 ? await fetchAuthor(octokit) : null;
    const own = author === null ? [] : ownFirst(marked, author);
    const { newer, current } = await newerThan(octokit, pullRequest, first, own);
    if (newer !== null) return describeNewer(newer, pullRequest);
    const url = await updateFirst(octokit, pullRequest, own, current.body);
    if (url !== null) return { url };
    if (comment.isUpdateOnly && own.length === 0) {
      return { none: 'the verdict is pass, and no comment of this check says otherwise' };
    }
    const { owner, repo, number } = pullRequest;
    const request = { owner, repo, issue_number: number, body: current.body };
    const { data: created } = await octokit.rest.issues.createComment(request);
    return await removeDuplicates(octokit, pullRequest, created, current);
  } catch (error) {
    return { warning: describeCommentFailure(error, pullRequest) };
  }
}

async function draft(comment: StickyComment): Promise<Draft> {
  const head = await comment.readHead();
  return { ...comment, head, body: comment.bodyAt(head) };
}

/**
 * The comment of a newer run. Before a comment of a later run is replaced, the newest commit is read again: the pull
 * request may have moved on to the commit that the later run is about.
 */
async function newerThan(octokit: Octokit, pullRequest: PullRequest, known: Draft, own: readonly Comment[]) {
  const { run } = known;
  if (run === null) return { newer: null, current: known };
  const later: Comment[] = [];
  for (const comment of own) {
    const theirs = runOfPage(comment.body ?? '');
    if (theirs === null || !(isLater(theirs, run) || isNewer(theirs, run, known.head))) continue;
    if (!isLater(theirs, run) || (await hasBegun(octokit, pullRequest, theirs, run))) later.push(comment);
  }
  const isOlderNow = later.some(({ body = '' }) => !isNewer(runOfPage(body), run, known.head));
  const current = isOlderNow ? await draft(known) : known;
  const newer = later.find(({ body = '' }) => isNewer(runOfPage(body), run, current.head)) ?? null;
  return { newer, current };
}

function describeNewer({ html_url, body = '' }: Comment, { owner, repo, number }: PullRequest): CommentResult {
  const run = runOfPage(body);
  return {
    none: `the comment on ${owner}/${repo}#${number} is of a newer run${run && ` (${run.id}, attempt ${run.attempt})`} and stays as it is: ${html_url}`,
  };
}

function describeCommentFailure(error: unknown, { owner, repo, number }: PullRequest): string {
  const permissions = 'pull-requests: write';
  return describeWriteFailure(error, {
    missing: `no comment on ${owner}/${repo}#${number}`,
    permissions,
    ownCause: (status) =>
      status === 403
        ? `the token lacks permission; add \`permissions: ${permissions}\` to the job (the token of a pull request from a fork never has it)`
        : null,
  });
}

/** All comments that begin with the marker, oldest first. A quotation further down does not count. */
async function commentsWith(octokit: Octokit, { owner, repo, number }: PullRequest, marker: string, since?: string) {
  const found: Comment[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    owner,
    repo,
    issue_number: number,
    per_page: 100,
    ...given({ since }),
  });
  for await (const { data } of pages) found.push(...data.filter(({ body }) => body?.startsWith(marker)));
  return found;
}

/** The author's comments. If we only know that we are some bot, the likeliest come first. */
function ownFirst(marked: readonly Comment[], author: Author): Comment[] {
  const own = marked.filter(({ user }) => user !== null && isBy(user, author));
  return author.login === null ? own.sort((a, b) => likelihood(b) - likelihood(a)) : own;
}

const likelihood = ({ user }: Comment): number => (user?.login === 'github-actions[bot]' ? 1 : 0);

/**
 * Update the first comment that can be updated, and delete later ones by the same login only: permission to edit a
 * comment does not prove that the token wrote it.
 * @returns the address; null if none could be updated
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
 * Look for duplicates after creating a comment (one request, on a first run only). Otherwise, the duplicate of a lost
 * answer would stay until the next push, and people would see that of a race. The answer to the creation names the
 * author, which saves a request.
 */
async function removeDuplicates(
  octokit: Octokit,
  pullRequest: PullRequest,
  created: Comment & { readonly created_at: string },
  comment: Draft,
): Promise<CommentResult> {
  const { marker } = comment;
  const url = created.html_url;
  try {
    const since = new Date(Date.parse(created.created_at) - RACE_MILLISECONDS).toISOString();
    const marked = await commentsWith(octokit, pullRequest, marker, since);
    const own = marked.filter(({ user }) => user !== null && user.login === created.user?.login);
    if (own[0] === undefined || own[0].id === created.id) {
      // If one of them is newer, its own run updates the oldest.
      await deleteAll(octokit, pullRequest, own.slice(1));
      return { url };
    }
    const { newer, current } = await newerThan(octokit, pullRequest, comment, own);
    if (newer === null) return { url: (await updateFirst(octokit, pullRequest, own, current.body)) ?? url };
    await deleteAll(octokit, pullRequest, [created]);
    return describeNewer(newer, pullRequest);
  } catch {
    // The comment exists, and the next run removes duplicates.
    return { url };
  }
}

/** Ignores errors: the comment exists, and the next run tries again. */
async function deleteAll(octokit: Octokit, { owner, repo }: PullRequest, duplicates: readonly Comment[]) {
  try {
    for (const { id } of duplicates.slice(0, MAX_DELETED)) {
      await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
    }
  } catch {}
}

/** @returns the address; null if the comment is gone or belongs to somebody else */
async function update(octokit: Octokit, { owner, repo }: PullRequest, id: number, body: string) {
  try {
    const { data } = await octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body });
    return data.html_url;
  } catch (error) {
    // The old comment can be updated later; a new one would be a duplicate.
    if (isRateLimit(error)) throw error;
    // If the token may not write at all, creating a comment fails the same way, and that is reported.
    if (requestErrorStatus(error) === 403 || requestErrorStatus(error) === 404) return null;
    throw error;
  }
}
