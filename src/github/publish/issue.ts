import type { Verdict } from '../../compare/report.ts';
import { type Author, authorOf, isBy } from '../client/author.ts';
import { describeWriteFailure } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';

/** What an issue says about a scheduled check. */
export interface CheckSummary {
  readonly verdict: Verdict;
  /** The hidden first line by which a gate finds its own issue, also among those of other gates. */
  readonly marker: string;
  readonly title: string;
  /** The report, for an issue that is opened. */
  readonly body: string;
  /** One line, for a comment on an open issue. */
  readonly line: string;
}

/** The address of the issue, one line that says why it was not written, or null: there is nothing to say. */
export type IssueResult = { readonly url: string } | { readonly warning: string } | null;

/** With a label, the issue is found without reading all issues of a repository. */
const LABEL = 'shadow-gate';

/**
 * A lost answer leaves open whether the issue was created: the next run will see it, and a second attempt could
 * double it.
 */
const ONCE = { request: { retries: 0 } };

/**
 * Keep one issue for a scheduled check: it is opened at the first failure, gets a comment at each further one, and is
 * closed when the check passes. A warning or an inconclusive check leaves it as it is.
 *
 * Never throws: an issue is worth less than the verdict.
 */
export async function updateIssue(
  octokit: Octokit,
  repository: Repository,
  summary: CheckSummary,
): Promise<IssueResult> {
  try {
    const open = await ownIssue(octokit, repository, summary.marker);
    if (summary.verdict === 'fail') return { url: await reportFailure(octokit, repository, summary, open) };
    if (summary.verdict !== 'pass' || open === null) return null;
    await addComment(octokit, repository, open.number, summary.line);
    await octokit.rest.issues.update({
      ...repository,
      issue_number: open.number,
      state: 'closed',
      state_reason: 'completed',
    });
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
  return data.html_url;
}

async function addComment(octokit: Octokit, repository: Repository, number: number, body: string): Promise<void> {
  await octokit.rest.issues.createComment({ ...repository, issue_number: number, body, ...ONCE });
}

/** The oldest open issue that this token wrote and that begins with the marker. */
async function ownIssue(octokit: Octokit, repository: Repository, marker: string): Promise<Issue | null> {
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, {
    ...repository,
    state: 'open',
    labels: LABEL,
    sort: 'created',
    direction: 'asc',
    per_page: 100,
  });
  let author: Author | null = null;
  for await (const { data } of pages) {
    for (const issue of data) {
      // GitHub lists pull requests as issues too.
      if (issue.pull_request !== undefined || !issue.body?.startsWith(`${marker}\n`)) continue;
      author ??= await authorOf(octokit);
      const { user } = issue;
      if (user && isBy({ login: user.login, type: user.type }, author)) return issue;
    }
  }
  return null;
}
