import { stat } from 'node:fs/promises';
import { isAbsolute, posix, relative, resolve, sep } from 'node:path';
import { type BaselineSource, parseBaseline } from '../gate/baseline.ts';
import { UserError } from '../user-error.ts';
import type { Octokit } from './author.ts';
import type { BaseCommit } from './base-commit.ts';
import { statusOf } from './comment-trouble.ts';

/** Where a baseline comes from on a change, and a line that says so. */
export interface ApprovedBaseline {
  /** Null: what lies in the workspace, as without a change. */
  readonly source: BaselineSource | null;
  readonly note: string;
}

/**
 * The baseline that a change is held against: the file as the base commit has it, so that no pull request brings its own.
 * A checkpoint, a path outside of the workspace and a file that neither commit has (an earlier step put it there) are taken
 * from the disk.
 * @param path as the input gives it
 * @param head the commit that is checked out
 * @throws UserError where GitHub does not say what the base commit has: judging by another file would be a guess
 */
export async function approvedBaseline(
  octokit: Octokit,
  base: BaseCommit,
  { path, head, workspace }: { path: string; head: string; workspace: string },
): Promise<ApprovedBaseline> {
  const inside = relative(workspace, resolve(workspace, path));
  if (inside.startsWith('..') || isAbsolute(inside)) return disk(`${path} lies outside of the workspace`);
  const isFolder = await stat(resolve(workspace, path)).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (isFolder || path.endsWith('.safetensors'))
    return disk(`${path} is a checkpoint: it is taken as it is checked out`);
  const file = inside.split(sep).join(posix.sep);
  const text = await contentAt(octokit, base, file);
  if (text !== null) {
    const note = `baseline ${path} is that of the base commit ${base.sha.slice(0, 7)}`;
    return { source: parseBaseline(text, `${path} at ${base.sha.slice(0, 7)}`, base.sha), note };
  }
  if ((await contentAt(octokit, { ...base, sha: head }, file)) === null) {
    return disk(`the base commit has no ${path}; one that a step of the workflow made counts`);
  }
  return { source: { kind: 'missing' }, note: `the base commit has no ${path}, and that of the change does not count` };
}

function disk(note: string): ApprovedBaseline {
  return { source: null, note };
}

/** The text of a file in a commit, of up to a hundred megabytes; null if it has none there. */
async function contentAt(octokit: Octokit, { owner, repo, sha }: BaseCommit, path: string): Promise<string | null> {
  try {
    const { data } = await octokit.rest.repos.getContent({
      owner,
      repo,
      path,
      ref: sha,
      mediaType: { format: 'raw' },
    });
    // With this media type a file is its text, whatever the types say; a folder is a list.
    if (typeof data === 'string') return data;
    throw new UserError(`${path} is no file in commit ${sha.slice(0, 7)}`, 'give the path of a measurement');
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (statusOf(error) === 404 && (await isVisible(octokit, { owner, repo, sha }))) return null;
    throw unreadable(error, path, sha);
  }
}

/** A token that may not read gets a 404 as well. */
async function isVisible(octokit: Octokit, { owner, repo, sha }: BaseCommit): Promise<boolean> {
  try {
    await octokit.rest.git.getCommit({ owner, repo, commit_sha: sha });
    return true;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 403) return false;
    throw error;
  }
}

function unreadable(error: unknown, path: string, sha: string): UserError {
  const said = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error);
  return new UserError(
    `the baseline ${path} could not be read at the base commit ${sha.slice(0, 7)} (${statusOf(error) ?? 'no answer'}: ${said})`,
    'give the job `permissions: contents: read`, or run again when GitHub answers',
  );
}
