import type { Octokit } from '../client/author.ts';
import { statusOf } from '../client/errors.ts';
import type { Repository } from './issue.ts';

/** A new baseline for people to look at. */
export interface Proposal {
  /** Where the baseline is committed, in the repository. */
  readonly path: string;
  readonly text: string;
  /** The branch that it is proposed for, and the commit that the proposal starts from. */
  readonly base: string;
  readonly sha: string;
  /** A branch of ours: whatever is on it is replaced. */
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}

/** The address of the pull request, or one line that says why there is none. */
export type ProposalResult = { readonly url: string } | { readonly warning: string };

/** A regular file. */
const MODE = '100644';

/**
 * Open one pull request that proposes a baseline, or bring it up to date: one commit on top of the base branch. Nothing is
 * approved by it; that is what merging does.
 *
 * Never throws: a proposal is worth less than the verdict.
 */
export async function proposeBaseline(octokit: Octokit, at: Repository, proposal: Proposal): Promise<ProposalResult> {
  try {
    await push(octokit, at, proposal);
    return { url: await open(octokit, at, proposal) };
  } catch (error) {
    return { warning: trouble(error, at) };
  }
}

async function push(octokit: Octokit, at: Repository, { path, text, sha, branch, title }: Proposal): Promise<void> {
  const { git } = octokit.rest;
  const { data: parent } = await git.getCommit({ ...at, commit_sha: sha });
  // In the tree's own request a large text is refused; a blob may have a hundred megabytes.
  const { data: blob } = await git.createBlob({ ...at, content: text, encoding: 'utf-8' });
  const { data: tree } = await git.createTree({
    ...at,
    base_tree: parent.tree.sha,
    tree: [{ path, mode: MODE, type: 'blob', sha: blob.sha }],
  });
  const { data: commit } = await git.createCommit({ ...at, message: title, tree: tree.sha, parents: [sha] });
  if (await hasBranch(octokit, at, branch)) {
    await git.updateRef({ ...at, ref: `heads/${branch}`, sha: commit.sha, force: true });
  } else {
    await git.createRef({ ...at, ref: `refs/heads/${branch}`, sha: commit.sha });
  }
}

async function hasBranch(octokit: Octokit, at: Repository, branch: string): Promise<boolean> {
  try {
    await octokit.rest.git.getRef({ ...at, ref: `heads/${branch}` });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function open(octokit: Octokit, at: Repository, { base, branch, title, body }: Proposal): Promise<string> {
  const { pulls } = octokit.rest;
  const { data: found } = await pulls.list({ ...at, state: 'open', head: `${at.owner}:${branch}`, base });
  const [own] = found;
  if (own) {
    const { data } = await pulls.update({ ...at, pull_number: own.number, title, body });
    return data.html_url;
  }
  // A second one for the same branches is refused by GitHub, so that trying again is harmless.
  const { data } = await pulls.create({ ...at, head: branch, base, title, body });
  return data.html_url;
}

function trouble(error: unknown, { owner, repo }: Repository): string {
  const status = statusOf(error);
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200);
  const cause = /not permitted to create/i.test(said)
    ? 'the repository does not let actions open pull requests (Settings, Actions, General)'
    : status === 403 || status === 404
      ? 'the token may not; give the job `permissions: contents: write` and `pull-requests: write`'
      : status === 422
        ? 'GitHub refused it'
        : 'GitHub had trouble; the next run will propose it';
  return `no baseline was proposed to ${owner}/${repo}: ${cause} (${status ?? 'no answer'}: ${said})`;
}
