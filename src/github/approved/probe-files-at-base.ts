import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isDatasetPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { isLfsPointer } from '@shadow-gate/platform/files';
import { resultsBeside } from '@shadow-gate/probes/files/lm-eval';
import { BUILTIN } from '@shadow-gate/probes/suite';
import { LOCAL_FILES } from '@shadow-gate/probes/tasks';
import type { ChangedInput } from '../../compare/finding.ts';
import type { ResolvedPolicy } from '../../policy/load.ts';
import { listedFiles } from '../../policy/probe-policy.ts';
import type { ApprovedFiles, Standing } from './approved-files.ts';
import { type Approve, takeTaskFiles } from './task-files-at-base.ts';

export interface ApprovedProbeFiles {
  /** Paths of approved texts, by names in the policy and by absolute paths; other files are read as checked out. */
  readonly paths: ReadonlyMap<string, string>;
  readonly changes: readonly ChangedInput[];
}

/** @throws UserError for a file that only the change has, and if the base commit cannot be read */
export async function probeFilesAtBase(
  files: ApprovedFiles,
  { policy, policyPath }: ResolvedPolicy,
  temporary: string,
): Promise<ApprovedProbeFiles> {
  const paths = new Map<string, string>();
  const changes: ChangedInput[] = [];
  for (const choice of listedFiles(policy.probes)) {
    const name = choice.file;
    if (name === BUILTIN) continue;
    const examples = choice['few-shot']?.file;
    const isOwn = examples !== undefined && !isDatasetPath(examples) && !paths.has(examples);
    const shots = isOwn ? await find(files, examples, policyPath) : null;
    if (examples !== undefined && shots !== null) {
      const own = await take(shots, { files, name: examples, folder: await newFolder(temporary) });
      paths.set(examples, own.path);
      if (own.change !== null) changes.push(own.change);
    }
    // Data on a hub is not in the repository, and the approved policy names it.
    if (isDatasetPath(name)) continue;
    const found = await find(files, name, policyPath);
    const approve: Approve = async (places, listed) => {
      const other = await findAt(files, places, listed);
      if (other === null) return LOCAL_FILES.locate(places);
      const shown = relative(process.cwd(), other.path);
      const own = await take(other, { files, name: shown, folder: await newFolder(temporary) });
      paths.set(other.path, own.path);
      if (own.change !== null) changes.push(own.change);
      return { place: other.path, path: own.path };
    };
    const taking = { choice, folder: policyPath === null ? '.' : dirname(policyPath) };
    // The results file of a run is read along with its samples.
    const takeResults = async (folder: string | null) => {
      const beside = resultsBeside(name);
      const results = beside === null ? null : await find(files, beside, policyPath);
      if (beside === null || results === null) return;
      const own = await take(results, { files, name: beside, folder });
      if (own.change !== null) changes.push(own.change);
    };
    if (found === null) {
      // A step of the workflow has written it, and it can name files that a change has.
      const local = await LOCAL_FILES.locate(placesOf(name, policyPath));
      if (local !== null) await takeTaskFiles(local, taking, approve);
      await takeResults(null);
      continue;
    }
    const folder = await newFolder(temporary);
    const { path, change } = await take(found, { files, name, folder });
    paths.set(name, path);
    paths.set(found.path, path);
    if (change !== null) changes.push(change);
    await takeTaskFiles({ place: found.path, path }, taking, approve);
    await takeResults(dirname(path) === folder ? folder : null);
  }
  return { paths, changes };
}

type Found = Standing & { readonly base: NonNullable<Standing['base']>; readonly path: string };

const newFolder = (temporary: string): Promise<string> => mkdtemp(join(temporary, 'shadow-gate-probes-'));

interface Taken {
  readonly path: string;
  readonly change: ChangedInput | null;
}

/** Write the approved text to a folder of its own; leave it as checked out if the repository does not have the text. */
async function take(
  { base, change, path }: Found,
  {
    files,
    name,
    folder,
  }: {
    readonly files: ApprovedFiles;
    readonly name: string;
    /** Null: the file is read where it is checked out. */
    readonly folder: string | null;
  },
): Promise<Taken> {
  const finding = { input: 'probe-file', path: name, base: files.short } as const;
  if (base.kind === 'file' && folder !== null) {
    const bytes = await files.bytesOf(base, name, 'probe file');
    if (!isLfsPointer(bytes)) {
      const copy = join(folder, basename(name));
      await writeFile(copy, bytes);
      const isKnown = change !== null && change !== 'unknown';
      return { path: copy, change: isKnown ? { ...finding, level: 'info', change, counts: 'base' } : null };
    }
  }
  // A Git LFS pointer, or a submodule: the same at both commits means the same text.
  return { path, change: change === null ? null : { ...finding, level: 'inconclusive', change, counts: 'change' } };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

/** Search as `loadSuites` does: next to the policy, then in the working directory. */
function find(files: ApprovedFiles, name: string, policyPath: string | null): Promise<Found | null> {
  return findAt(files, placesOf(name, policyPath), name);
}

function placesOf(name: string, policyPath: string | null): string[] {
  return [...new Set([resolve(policyPath === null ? '.' : dirname(policyPath), name), resolve(name)])];
}

/** The first of some places at which the base commit has a file; null if the change does not have it either. */
async function findAt(files: ApprovedFiles, candidates: readonly string[], name: string): Promise<Found | null> {
  const standings: (Standing | null)[] = [];
  for (const path of candidates) {
    const standing = await files.standingOf(path, 'probe file');
    if (standing !== null && standing.base !== null) return { ...standing, base: standing.base, path };
    // Outside the workspace: nobody but a step can have put it there.
    if (standing === null && (await isFile(path))) return null;
    standings.push(standing);
  }
  if (!standings.some((standing) => standing !== null && standing.change !== null)) return null;
  throw new UserError(
    `the base commit ${files.short} has no probe file ${name}, and the one in this change does not count`,
    'merge the probe file first, and then the policy that lists it',
  );
}
