import { resolve } from 'node:path';
import { readTextFile } from '../../platform/read-text-file.ts';
import { DEFAULT_FILE, findPolicy, parsePolicy, type ResolvedPolicy } from '../../policy/load.ts';
import { DEFAULT_POLICY } from '../../policy/policy.ts';
import type { Octokit } from '../client/author.ts';
import type { BaseCommit } from '../event/base-commit.ts';
import { short, textAt } from './read-at-commit.ts';
import { inRepository, type Workspace } from './repository-path.ts';

/**
 * The policy that a change is judged by: the file as the base commit has it, so that no pull request loosens what it is
 * judged by. A file that the base commit does not have counts where a workflow names it: that workflow is new as well.
 * @param named as the input gives it
 * @param head the commit that is checked out
 * @throws UserError for a policy that is wrong, and where GitHub does not say what the base commit has
 */
export async function approvedPolicy(
  octokit: Octokit,
  base: BaseCommit,
  { named, head, workspace }: { named: string | undefined; head: string; workspace: Workspace },
): Promise<ResolvedPolicy> {
  const path = named ?? DEFAULT_FILE;
  const file = await inRepository(path, workspace);
  if (file === null) return findPolicy(named);
  const text = await textAt(octokit, base, file, 'policy');
  if (text !== null) {
    const policy = parsePolicy(text, `${path} at ${short(base.sha)}`);
    const own = await readTextFile(resolve(workspace.folder, path));
    if (own === text) return { policy, policyPath: path };
    const remark = `this change edits the policy ${path}; it is judged by that of the base commit ${short(base.sha)}`;
    return { policy, policyPath: path, remark };
  }
  const found = await findPolicy(named);
  if (named !== undefined || found.policyPath === null) return found;
  if ((await textAt(octokit, { ...base, sha: head }, file, 'policy')) === null) return found;
  const remark = `this change brings the policy ${path}; it is judged by the built-in policy, since the base commit has none`;
  return { policy: DEFAULT_POLICY, policyPath: null, remark };
}
