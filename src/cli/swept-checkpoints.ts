import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isWeightsFile } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { at, UserError } from '@shadow-gate/platform';
import picomatch from 'picomatch';
import type { NamedCheckpoint } from '../compare/sweep/index.ts';
import { looksLikeCheckpoint } from './find-checkpoints.ts';

/**
 * The checkpoints that a user named, in the order of their steps if every name has one, or else as given; those of a
 * folder or a glob in natural order.
 * @param given paths, globs, `hf://org/model@revision`, and folders of checkpoints, as trainers write them
 * @param warn of a folder that is a checkpoint and has others in it
 * @throws UserError for a glob that matches nothing
 */
export async function sweptCheckpoints(
  given: readonly string[],
  warn: (line: string) => void = () => {},
): Promise<NamedCheckpoint[]> {
  const found: string[] = [];
  for (const path of given) found.push(...(await expanded(path, warn)));
  const paths = [...new Set(found)];
  const steps = paths.map(stepIn);
  const areSteps = steps.every((step) => step !== null);
  const names = folderNames(paths);
  const named = paths.map((path, i) => ({ path, name: at(names, i), step: areSteps ? at(steps, i) : null }));
  return areSteps ? named.sort((a, b) => (a.step ?? 0) - (b.step ?? 0)) : named;
}

async function expanded(given: string, warn: (line: string) => void): Promise<string[]> {
  if (isHubPath(given)) return [given];
  const path = given.replace(/(?<=.)\/+$/, '');
  const info = await stat(path).catch(() => null);
  if (info === null) return isGlob(path) ? matching(path) : [path];
  if (!info.isDirectory()) return [path];
  const children = await checkpointsIn(path);
  if (await looksLikeCheckpoint(path)) {
    if (children.length > 0) {
      warn(`${path} is a checkpoint itself; those in it are named by a pattern, such as '${path}/*'`);
    }
    return [path];
  }
  // Without any, it is read as a checkpoint, and the error says what is missing.
  return children.length === 0 ? [path] : children;
}

/** Renamed when it is complete. */
const UNFINISHED = /^tmp-/;

/** Folders that are checkpoints or named like one: errors must not be left out. */
async function checkpointsIn(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter((name) => !name.startsWith('.') && !UNFINISHED.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      if (!(await stat(path).catch(() => null))?.isDirectory()) return [];
      return stepIn(name) !== null || (await looksLikeCheckpoint(path)) ? [path] : [];
    }),
  );
  return found.flat();
}

const isGlob = (path: string): boolean => picomatch.scan(path).isGlob;

/** Folders, and files of weights, that a glob matches: each of its parts matches the names of one level. */
async function matching(glob: string): Promise<string[]> {
  let folders = [glob.startsWith('/') ? '/' : ''];
  for (const part of glob.split('/').filter((one) => one !== '')) {
    if (!isGlob(part)) {
      folders = folders.map((folder) => join(folder, part));
      continue;
    }
    const isMatch = picomatch(part);
    const below = await Promise.all(
      folders.map(async (folder) =>
        (await namesIn(folder)).filter((name) => isMatch(name)).map((name) => join(folder, name)),
      ),
    );
    folders = below.flat();
  }
  const kinds = await Promise.all(folders.map((path) => stat(path).catch(() => null)));
  const found = folders.filter((path, i) => kinds[i]?.isDirectory() || (kinds[i]?.isFile() && isWeightsFile(path)));
  if (found.length > 0) return found;
  throw new UserError(`no checkpoint matches ${glob}`, 'check the pattern; * matches within one level of folders');
}

const { compare: inOrder } = new Intl.Collator('en', { numeric: true });

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder === '' ? '.' : folder).catch(() => [])).sort(inOrder);
}

/** `checkpoint-500`, `step-00010`, `global_step1000`, `epoch=3-step=1200.ckpt`, `0500`, or a revision on a hub. */
const STEPS = [/steps?[-_=]?(\d+)/i, /(?:checkpoint|ckpt|iter(?:ation)?s?|epoch)[-_=]?(\d+)/i, /^(\d+)$/];

/** The training step in the last part of a path, or null. */
function stepIn(path: string): number | null {
  const name = lastPart(path);
  const digits = STEPS.map((pattern) => pattern.exec(name)?.[1]).find((found) => found !== undefined);
  const step = Number(digits);
  return digits !== undefined && Number.isSafeInteger(step) ? step : null;
}

function lastPart(path: string): string {
  return isHubPath(path) ? path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('@')) + 1) : basename(path);
}

/** A name for each path's folder: its last part, or all of it if several end alike. */
function folderNames(paths: readonly string[]): string[] {
  const long = paths.map((path) => plainName(path.replace(/^hf:\/\//, '')));
  const short = paths.map((path, i) => (isHubPath(path) ? at(long, i) : plainName(basename(path))));
  const names = short.map((name, i) => (short.filter((other) => other === name).length > 1 ? at(long, i) : name));
  // Two paths can differ in characters that no folder has.
  return names.map((name, i) => (names.indexOf(name) === i ? name : `${name}-${i + 1}`));
}

/** Characters that every file system takes, and no name that leads out of the folder. */
function plainName(path: string): string {
  return path.replace(/[^\w.@=+-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'checkpoint';
}
