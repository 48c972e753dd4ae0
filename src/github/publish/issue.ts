import type { Verdict } from '../../compare/report.ts';
import { type Author, authorOf, isBy, type Octokit } from '../client/author.ts';
import { statusOf } from '../client/errors.ts';

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

/** What a scheduled check found. */
export interface Finding {
  readonly verdict: Verdict;
  /** Tells the issues of several gates apart; in the hidden first line by which the gate finds its own again. */
  readonly marker: string;
  readonly title: string;
  /** The report, for the issue that is opened. */
  readonly body: string;
  /** One line, for the comment while it lasts and at its end. */
  readonly line: string;
}

/** The address of the issue, one line that says why it was not kept, or null: there is nothing to say. */
export type IssueResult = { readonly url: string } | { readonly warning: string } | null;

/** By it the issue is found without reading all of a repository's. */
const LABEL = 'shadow-gate';

/** An answer that is lost does not say whether the issue is there: the next run sees, a second attempt would make two. */
const ONCE = { request: { retries: 0 } };

/**
 * Keep one issue for a check that runs by the clock: opened on the first failure, commented on while it lasts, closed when
 * the check passes. A warning or an inconclusive check leaves it as it is: it is neither broken nor mended.
 *
 * Never throws: an issue is worth less than the verdict.
 */
export async function regressionIssue(octokit: Octokit, at: Repository, finding: Finding): Promise<IssueResult> {
  try {
    const open = await ownIssue(octokit, at, finding.marker);
    if (finding.verdict === 'fail') return { url: await fail(octokit, at, finding, open) };
    if (finding.verdict !== 'pass' || open === null) return null;
    await say(octokit, at, open.number, finding.line);
    await octokit.rest.issues.update({
      ...at,
      issue_number: open.number,
      state: 'closed',
      state_reason: 'completed',
    });
    return { url: open.html_url };
  } catch (error) {
    return { warning: trouble(error, at) };
  }
}

interface Issue {
  readonly number: number;
  readonly html_url: string;
}

async function fail(octokit: Octokit, at: Repository, finding: Finding, open: Issue | null): Promise<string> {
  const { marker, title, body, line } = finding;
  if (open !== null) {
    await say(octokit, at, open.number, line);
    return open.html_url;
  }
  const { data } = await octokit.rest.issues.create({
    ...at,
    title,
    body: `${marker}\n${body}`,
    labels: [LABEL],
    ...ONCE,
  });
  return data.html_url;
}

async function say(octokit: Octokit, at: Repository, number: number, body: string): Promise<void> {
  await octokit.rest.issues.createComment({ ...at, issue_number: number, body, ...ONCE });
}

/** The oldest open issue that this token wrote and that begins with the marker. */
async function ownIssue(octokit: Octokit, at: Repository, marker: string): Promise<Issue | null> {
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, {
    ...at,
    state: 'open',
    labels: LABEL,
    sort: 'created',
    direction: 'asc',
    per_page: 100,
  });
  let author: Author | null = null;
  for await (const { data } of pages) {
    for (const issue of data) {
      // Pull requests are issues too.
      if (issue.pull_request !== undefined || !issue.body?.startsWith(`${marker}\n`)) continue;
      author ??= await authorOf(octokit);
      const { user } = issue;
      if (user && isBy({ login: user.login, type: user.type }, author)) return issue;
    }
  }
  return null;
}

function trouble(error: unknown, { owner, repo }: Repository): string {
  const status = statusOf(error);
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200);
  const cause =
    status === 403 || status === 404
      ? 'the token may not; give the job `permissions: issues: write`'
      : status === 410
        ? 'this repository has no issues'
        : 'GitHub had trouble; the next run will keep it';
  return `no issue on ${owner}/${repo}: ${cause} (${status ?? 'no answer'}: ${said})`;
}
