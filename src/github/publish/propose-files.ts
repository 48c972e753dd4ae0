import { describeWriteFailure, requestErrorStatus } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';

/** New versions of files that later runs are judged by, for people to review. */
interface Proposal {
  readonly what: 'baseline' | 'calibration';
  /** Paths in the repository, and texts. */
  readonly files: ReadonlyArray<{ readonly path: string; readonly text: string }>;
  /** The branch to merge into, and its commit. */
  readonly base: string;
  readonly sha: string;
  /** For proposals only: its content is replaced. */
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}

const REGULAR_FILE = '100644';

/**
 * Open or update a pull request that proposes files, in one commit on top of the base branch. The proposal approves
 * nothing; merging it does. The proposal of a later commit stays: somebody may have rerun an earlier one.
 *
 * Never throws: a proposal is worth less than the verdict.
 */
export async function proposeFiles(
  octokit: Octokit,
  repository: Repository,
  proposal: Proposal,
): Promise<{ readonly url: string } | { readonly warning: string } | { readonly none: string }> {
  try {
    const proposed = await commitOf(octokit, repository, proposal.branch);
    if (proposed !== null && (await isLater(octokit, repository, proposed, proposal))) {
      return { none: `the proposal on branch ${proposal.branch} is of a later commit and stays as it is` };
    }
    await pushBranch(octokit, repository, proposal, { exists: proposed !== null });
    return { url: await openPullRequest(octokit, repository, proposal) };
  } catch (error) {
    const { owner, repo } = repository;
    return {
      warning: describeWriteFailure(error, {
        missing: `no ${proposal.what} was proposed to ${owner}/${repo}`,
        permissions: 'contents: write` and `pull-requests: write',
        ownCause: (_, message) =>
          /not permitted to create/i.test(message)
            ? 'the repository does not let actions open pull requests (Settings, Actions, General)'
            : null,
      }),
    };
  }
}

async function pushBranch(
  octokit: Octokit,
  repository: Repository,
  { files, sha, branch, title }: Proposal,
  { exists }: { readonly exists: boolean },
): Promise<void> {
  const { git } = octokit.rest;
  const { data: parent } = await git.getCommit({ ...repository, commit_sha: sha });
  const entries: { path: string; mode: typeof REGULAR_FILE; type: 'blob'; sha: string }[] = [];
  for (const { path, text } of files) {
    // A request for a tree takes no large text; a blob may have 100 MB.
    const { data: blob } = await git.createBlob({ ...repository, content: text, encoding: 'utf-8' });
    entries.push({ path, mode: REGULAR_FILE, type: 'blob', sha: blob.sha });
  }
  const { data: tree } = await git.createTree({ ...repository, base_tree: parent.tree.sha, tree: entries });
  const { data: commit } = await git.createCommit({ ...repository, message: title, tree: tree.sha, parents: [sha] });
  if (exists) {
    await git.updateRef({ ...repository, ref: `heads/${branch}`, sha: commit.sha, force: true });
  } else {
    await git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha: commit.sha });
  }
}

async function commitOf(octokit: Octokit, repository: Repository, branch: string): Promise<string | null> {
  try {
    const { data } = await octokit.rest.git.getRef({ ...repository, ref: `heads/${branch}` });
    return data.object.sha;
  } catch (error) {
    if (requestErrorStatus(error) === 404) return null;
    throw error;
  }
}

/** Does an existing proposal belong to a later commit than ours? Its parent is the commit that it belongs to. */
async function isLater(octokit: Octokit, repository: Repository, proposed: string, { branch, sha }: Proposal) {
  const { data: commit } = await octokit.rest.git.getCommit({ ...repository, commit_sha: proposed });
  if (commit.parents.some((parent) => parent.sha === sha)) return false;
  const basehead = `${branch}...${sha}`;
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...repository, basehead, per_page: 1 });
  return data.status === 'behind';
}

async function openPullRequest(octokit: Octokit, repository: Repository, { base, branch, title, body }: Proposal) {
  const { pulls } = octokit.rest;
  const head = `${repository.owner}:${branch}`;
  const { data: found } = await pulls.list({ ...repository, state: 'open', head, base });
  const [own] = found;
  if (own) {
    const { data } = await pulls.update({ ...repository, pull_number: own.number, title, body });
    return data.html_url;
  }
  // GitHub refuses a second one for the same branches, so a retry is harmless.
  const { data } = await pulls.create({ ...repository, head: branch, base, title, body });
  return data.html_url;
}
