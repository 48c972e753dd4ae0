import { resolve } from 'node:path';
import { readTextFile } from '../../platform/read-text-file.ts';
import { DEFAULT_FILE, findPolicy, parsePolicy, type ResolvedPolicy } from '../../policy/load.ts';
import { DEFAULT_POLICY } from '../../policy/policy.ts';
import type { Commit, Octokit } from '../client/types.ts';
import { shortSha, textAt } from './read-at-commit.ts';
import { repositoryPath, type Workspace } from './repository-path.ts';

/**
 * The policy that a change is judged by: the file as the base commit has it, so that a pull request cannot loosen the
 * limits that it has to meet. A file that the base commit does not have counts only if a workflow names it: that
 * workflow is new as well.
 * @param named as the input gives it
 * @param head the commit that is checked out
 * @throws UserError for an invalid policy, and if the base commit cannot be read
 */
export async function policyAtBase(
  octokit: Octokit,
  base: Commit,
  { named, head, workspace }: { named: string | undefined; head: string; workspace: Workspace },
): Promise<ResolvedPolicy> {
  const path = named ?? DEFAULT_FILE;
  const file = await repositoryPath(path, workspace);
  if (file === null) return findPolicy(named);
  const text = await textAt(octokit, base, file, 'policy');
  if (text !== null) {
    const policy = parsePolicy(text, `${path} at ${shortSha(base.sha)}`);
    const own = await readTextFile(resolve(workspace.folder, path));
    if (own === text) return { policy, policyPath: path };
    return { policy, policyPath: path, change: { kind: 'edited', path, base: shortSha(base.sha) } };
  }
  const found = await findPolicy(named);
  if (named !== undefined || found.policyPath === null) return found;
  if ((await textAt(octokit, { ...base, sha: head }, file, 'policy')) === null) return found;
  return { policy: DEFAULT_POLICY, policyPath: null, change: { kind: 'added', path, base: shortSha(base.sha) } };
}
