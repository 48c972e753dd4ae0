import { stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { type ResolvedBaseline, readBaseline } from '../../gate/read-baseline.ts';
import { parseMeasurement } from '../../measure/schema/read.ts';
import type { Commit, Octokit } from '../client/types.ts';
import { contentAt, shortSha } from './read-at-commit.ts';
import { repositoryPath, type Workspace } from './repository-path.ts';

/**
 * The baseline that a change is compared with: the file as the base commit has it, so that a pull request cannot bring
 * its own. Taken from disk instead: a checkpoint, a path outside the workspace, and a file in neither commit, which an
 * earlier step of the workflow has written.
 * @param path as the input gives it
 * @param head the commit that is checked out
 * @throws UserError if the base commit cannot be read: to compare with another file would be a guess
 */
export async function baselineAtBase(
  octokit: Octokit,
  base: Commit,
  { path, head, workspace }: { path: string; head: string; workspace: Workspace },
): Promise<ResolvedBaseline> {
  const file = await repositoryPath(path, workspace);
  if (file === null) return baselineOnDisk(path, `baseline ${path} is outside the workspace`);
  const asCheckedOut = `baseline ${path} is a checkpoint, used as it is checked out`;
  // Weights are not text that could be requested.
  if (/\.(safetensors|onnx)$/.test(path)) return baselineOnDisk(path, asCheckedOut);
  const approved = await contentAt(octokit, base, file, 'baseline');
  if (approved?.kind === 'file') {
    const note = `baseline ${path} is read at the base commit ${shortSha(base.sha)}`;
    const measurement = parseMeasurement(approved.text, `${path} at ${shortSha(base.sha)}`);
    return { kind: 'measurement', measurement, commit: base.sha, name: path, note };
  }
  // A file that the change puts in place of a folder is the change's own, like one that it adds.
  if (approved?.kind === 'folder' && (await isFolder(resolve(workspace.folder, path))))
    return baselineOnDisk(path, asCheckedOut);
  if (approved === null && !(await brings(octokit, { ...base, sha: head }, file))) {
    return baselineOnDisk(
      path,
      `the base commit has no baseline ${path}; one that a step of the workflow wrote counts`,
    );
  }
  const note = `the base commit has no baseline ${path}, and the one in this change does not count`;
  return { kind: 'missing', name: path, note };
}

/**
 * Does a commit have something at a path, or a link or submodule in place of a folder above it, which could lead there?
 */
async function brings(octokit: Octokit, commit: Commit, file: string): Promise<boolean> {
  if ((await contentAt(octokit, commit, file, 'baseline')) !== null) return true;
  for (let folder = posix.dirname(file); folder !== '.'; folder = posix.dirname(folder)) {
    const content = await contentAt(octokit, commit, folder, 'baseline');
    if (content !== null && content.kind !== 'folder') return true;
  }
  return false;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

/** The baseline in the workspace. @throws UserError for a file that is not a measurement */
export async function baselineOnDisk(path: string, note: string): Promise<ResolvedBaseline> {
  return { ...(await readBaseline(path)), note };
}
