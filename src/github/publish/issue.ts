import type { Verdict } from '../../compare/report.ts';
import { type Author, fetchAuthor, isBy } from '../client/author.ts';
import { describeWriteFailure } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';

interface CheckSummary {
  readonly verdict: Verdict;
  /** The hidden first line that identifies the issue of a gate. */
  readonly marker: string;
  readonly title: string;
  /** The text of a new issue. */
  readonly body: string;
  /** The text of a comment on an open issue. */
  readonly line: string;
}

/** The label finds the issue without reading all issues of a repository. */
const LABEL = 'shadow-gate';

/** Pages of 100 issues: more would cost minutes and the rate limit of the repository. */
const MAX_PAGES = 30;

/** A lost answer may have created the issue. The next run will see it; a second attempt could double it. */
const ONCE = { request: { retries: 0 } };

/**
 * Keep one issue for a scheduled check: open it at the first failure, comment on it at each further one, and close it
 * when the check passes. A warning or an inconclusive check leaves it as it is.
 *
 * Never throws: an issue is worth less than the verdict.
 */
export async function updateIssue(
  octokit: Octokit,
  repository: Repository,
  summary: CheckSummary,
): Promise<{ readonly url: string } | { readonly warning: string } | null> {
  try {
    const open = await ownIssue(octokit, repository, summary.marker);
    if (summary.verdict === 'fail') return { url: await reportFailure(octokit, repository, summary, open) };
    if (summary.verdict !== 'pass' || open === null) return null;
    await addComment(octokit, repository, open.number, summary.line);
    const closed = { state: 'closed', state_reason: 'completed' } as const;
    await octokit.rest.issues.update({ ...repository, issue_number: open.number, ...closed });
    return { url: open.html_url };
  } catch (error) {
    const { owner, repo } = repository;
    return {
      warning: describeWriteFailure(error, {
        missing: `no issue on ${owner}/${repo}`,
        permissions: 'issues: write',
        ownCause: (status) => (status === 410 ? 'this repository has no issues' : null),
      }),
    };
  }
}

interface Issue {
  readonly number: number;
  readonly html_url: string;
}

async function reportFailure(
  octokit: Octokit,
  repository: Repository,
  { marker, title, body, line }: CheckSummary,
  open: Issue | null,
): Promise<string> {
  if (open !== null) {
    await addComment(octokit, repository, open.number, line);
    return open.html_url;
  }
  const { data } = await octokit.rest.issues.create({
    ...repository,
    title,
    body: `${marker}\n${body}`,
    labels: [LABEL],
    ...ONCE,
  });
  return (await yieldToFirst(octokit, repository, { marker, line }, data)) ?? data.html_url;
}

/** Two runs at once may both open an issue: the later one is closed. Never throws. @returns the address of the first */
async function yieldToFirst(
  octokit: Octokit,
  repository: Repository,
  { marker, line }: Pick<CheckSummary, 'marker' | 'line'>,
  own: Issue,
): Promise<string | null> {
  try {
    const first = await ownIssue(octokit, repository, marker);
    if (first === null || first.number >= own.number) return null;
    await addComment(octokit, repository, first.number, line);
    const closed = { state: 'closed', state_reason: 'duplicate' } as const;
    await octokit.rest.issues.update({ ...repository, issue_number: own.number, ...closed });
    return first.html_url;
  } catch {
    return null;
  }
}

async function addComment(octokit: Octokit, repository: Repository, number: number, body: string): Promise<void> {
  await octokit.rest.issues.createComment({ ...repository, issue_number: number, body, ...ONCE });
}

/** The open issue with the marker that this token wrote: first among those with the label, then among all. */
async function ownIssue(octokit: Octokit, repository: Repository, marker: string): Promise<Issue | null> {
  const labeled = { labels: LABEL, sort: 'created', direction: 'asc' } as const;
  // Somebody may have removed the label. Each failure comments on the issue, so it is among the last updated.
  const all = { sort: 'updated', direction: 'desc' } as const;
  return (
    (await findIssue(octokit, { ...repository, ...labeled }, marker)) ??
    (await findIssue(octokit, { ...repository, ...all }, marker))
  );
}

async function findIssue(
  octokit: Octokit,
  list: Repository & { labels?: string; sort: 'created' | 'updated'; direction: 'asc' | 'desc' },
  marker: string,
): Promise<Issue | null> {
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, { ...list, state: 'open', per_page: 100 });
  let author: Author | null = null;
  let read = 0;
  for await (const { data } of pages) {
    for (const issue of data) {
      // GitHub lists pull requests as issues too.
      if (issue.pull_request !== undefined || !hasLine(issue.body ?? '', marker)) continue;
      author ??= await fetchAuthor(octokit);
      const { user } = issue;
      if (user && isBy({ login: user.login, type: user.type }, author)) return issue;
    }
    read += 1;
    if (read === MAX_PAGES) return null;
  }
  return null;
}

/** A browser may change line breaks, and people write above the marker. A quotation is another line. */
function hasLine(text: string, line: string): boolean {
  return text.split(/\r\n|\r|\n/).some((own) => own.trim() === line);
}
