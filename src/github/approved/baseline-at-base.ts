import { stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { type ResolvedBaseline, readBaseline } from '../../gate/read-baseline.ts';
import { parseMeasurement } from '../../measure/schema/read.ts';
import type { Octokit } from '../client/author.ts';
import type { BaseCommit } from '../event/base-commit.ts';
import { type Commit, contentAt, short } from './read-at-commit.ts';
import { inRepository, type Workspace } from './repository-path.ts';

/**
 * The baseline that a change is held against: the file as the base commit has it, so that no pull request brings its own.
 * A checkpoint of the base commit, a path outside of the workspace, and what neither commit has (an earlier step put it there)
 * are taken from the disk.
 * @param path as the input gives it
 * @param head the commit that is checked out
 * @throws UserError where GitHub does not say what the base commit has: judging by another file would be a guess
 */
export async function approvedBaseline(
  octokit: Octokit,
  base: BaseCommit,
  { path, head, workspace }: { path: string; head: string; workspace: Workspace },
): Promise<ResolvedBaseline> {
  const file = await inRepository(path, workspace);
  if (file === null) return fromDisk(path, `${path} lies outside of the workspace`);
  const asCheckedOut = `${path} is a checkpoint: it is taken as it is checked out`;
  // Weights are no text to ask for.
  if (/\.(safetensors|onnx)$/.test(path)) return fromDisk(path, asCheckedOut);
  const approved = await contentAt(octokit, base, file, 'baseline');
  if (approved?.kind === 'file') {
    const note = `baseline ${path} is that of the base commit ${short(base.sha)}`;
    const measurement = parseMeasurement(approved.text, `${path} at ${short(base.sha)}`);
    return { kind: 'measurement', measurement, commit: base.sha, name: path, note };
  }
  // A file that the change puts in the place of a folder is its own, like one that it adds.
  if (approved?.kind === 'folder' && (await isFolder(resolve(workspace.folder, path))))
    return fromDisk(path, asCheckedOut);
  if (approved === null && !(await brings(octokit, { ...base, sha: head }, file))) {
    return fromDisk(path, `the base commit has no ${path}; one that a step of the workflow made counts`);
  }
  const note = `the base commit has no ${path}, and that of the change does not count`;
  return { kind: 'missing', name: path, note };
}

/** Does a commit have something at a path, or, in the place of a folder above it, a link or a submodule that leads there? */
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

/** The baseline as it lies in the workspace. @throws UserError for a file that is none */
export async function fromDisk(path: string, note: string): Promise<ResolvedBaseline> {
  return { ...(await readBaseline(path)), note };
}
