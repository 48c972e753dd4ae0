import { UserError } from '@shadow-gate/platform';
import type { ChangedInput } from '../../compare/finding.ts';
import { DEFAULT_FILE, findPolicy, type ResolvedPolicy, resolvePolicy } from '../../policy/load.ts';
import { DEFAULT_POLICY } from '../../policy/policy.ts';
import type { ApprovedFiles } from './approved-files.ts';

interface ApprovedPolicy {
  readonly policy: ResolvedPolicy;
  readonly changes: readonly ChangedInput[];
}

/**
 * The policy that a change is judged by: the file at the base commit, so that a pull request cannot loosen its own
 * limits, or bring back a deleted policy. Read from disk instead: a path outside the workspace, and a file in neither
 * commit, which an earlier step of the workflow has written.
 * @throws UserError for an invalid policy, for a named file that does not exist, and if the base commit cannot be read
 */
export async function policyAtBase(files: ApprovedFiles, named: string | undefined): Promise<ApprovedPolicy> {
  const path = named ?? DEFAULT_FILE;
  const fromDisk = async (): Promise<ApprovedPolicy> => ({ policy: await findPolicy(named), changes: [] });
  const standing = await files.standingOf(path, 'policy');
  if (standing === null) return fromDisk();
  const { base, change } = standing;
  const finding = { level: 'info', input: 'policy', path, base: files.short, counts: 'base' } as const;
  if (base?.kind === 'file') {
    const text = await files.textOf(base, path, 'policy');
    const policy = { ...resolvePolicy(text, `${path} at ${files.short}`), policyPath: path };
    return { policy, changes: change === null || change === 'unknown' ? [] : [{ ...finding, change }] };
  }
  if (change === null && base?.kind !== 'folder') return fromDisk();
  if (base === null && path === DEFAULT_FILE) {
    return { policy: { policy: DEFAULT_POLICY, policyPath: null }, changes: [{ ...finding, change: 'added' }] };
  }
  if (base === null) {
    throw new UserError(
      `the base commit ${files.short} has no policy ${path}, and the one in this change does not count`,
      'merge the policy first, or leave the input policy out for the built-in policy',
    );
  }
  throw new UserError(
    `the policy ${path} is not a file in commit ${files.short}`,
    'give the path of a file in this repository, without a link or a submodule that the change can replace',
  );
}
