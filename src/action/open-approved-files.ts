import { UserError } from '@shadow-gate/platform';
import { ApprovedFiles, GitObjects, locate, unreadable } from '../github/approved/index.ts';
import { describeGithubError, type Octokit } from '../github/client/index.ts';
import { type ApprovedVersion, eventApprovedVersion, eventCommits, eventUsualCommit } from '../github/event/index.ts';
import { shortSha } from '../report/text/index.ts';
import type { ActionContext } from './context.ts';

/**
 * The files that a run is judged by, at the commit that a change is to be merged into, or of the default branch. Null:
 * the workspace itself, in a run about the default branch that has checked it out.
 * @param paths of the run, which tell where the repository is checked out
 * @throws UserError without a token, or if GitHub does not name the commit: the workspace would be a guess
 */
export async function openApprovedFiles(
  paths: readonly string[],
  context: ActionContext,
): Promise<ApprovedFiles | null> {
  const { octokit, event, repository } = context;
  const named = eventApprovedVersion(event);
  const version = named.kind === 'workspace' ? await checkedOut(paths, context) : named;
  if (version.kind === 'workspace') return null;
  if (octokit === null) {
    const where = version.kind === 'base' ? 'the base commit' : 'the default branch';
    throw new UserError(
      `the input github-token is empty, and in a run on ${event.name} policy and baseline are read from ${where}`,
      'leave the input github-token out, and add `permissions: contents: read` to the job',
    );
  }
  const commit =
    version.kind === 'base'
      ? version.commit
      : { ...repository, sha: await headOfDefaultBranch(octokit, context, version.branch) };
  return new ApprovedFiles(octokit, commit, {
    workspace: context.workspace,
    // In a run about the default branch, an unknown checkout may be of anything.
    usual: named.kind === 'workspace' ? null : eventUsualCommit(event),
    merge: event.name === 'pull_request' && /^refs\/pull\/\d+\/merge$/.test(event.ref) ? event.sha : null,
    run: event.sha === '' ? null : event.sha,
    commits: eventCommits(event),
  });
}

/** A run on the default branch may have checked out something else, such as a pull request; also one without `.git`. */
async function checkedOut(
  paths: readonly string[],
  { octokit, event, repository, workspace }: ActionContext,
): Promise<ApprovedVersion> {
  const objects = octokit && new GitObjects(octokit, repository);
  const knows = async (commit: string): Promise<boolean> => {
    try {
      return objects === null || (await objects.treeOf(commit)) !== null;
    } catch (error) {
      throw unreadable(`commit ${shortSha(commit)}, which is checked out,`, event.sha, error);
    }
  };
  for (const path of paths) {
    const location = await locate(path, workspace, knows);
    if (location !== null && location.commit !== event.sha) return { kind: 'default-branch', branch: null };
  }
  return { kind: 'workspace' };
}

async function headOfDefaultBranch(octokit: Octokit, { event, repository }: ActionContext, named: string | null) {
  try {
    const branch = named ?? (await octokit.rest.repos.get({ ...repository })).data.default_branch;
    const { data } = await octokit.rest.git.getRef({ ...repository, ref: `heads/${branch}` });
    // An answer that breaks off has no commit.
    if (!/^[0-9a-f]{40}$/.test(data.object?.sha ?? '')) throw new Error(`GitHub does not name the commit of ${branch}`);
    return data.object.sha;
  } catch (error) {
    throw new UserError(
      `the default branch, whose policy and baseline count in a run on ${event.name}, could not be read (${describeGithubError(error)})`,
      'add `permissions: contents: read` to the job, or run it again later',
    );
  }
}
