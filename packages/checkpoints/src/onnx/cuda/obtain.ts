import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { given } from '@shadow-gate/platform';
import { makeFolder, writeFileAtomic } from '@shadow-gate/platform/files';
import { seal, unseal } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { downloadPinned, isRunning, sha256File, UnreachableError } from './download.ts';
import type { Machine } from './machine.ts';
import type { PinnedArchive } from './pins.ts';
import { noCuda, type OnStep } from './steps.ts';
import { unpackTarGz, unpackZip } from './unpack.ts';

interface ObtainOptions {
  readonly folder: string;
  /** A folder of the user's that may have the archive. */
  readonly given: string | null;
  readonly mayDownload: boolean;
  readonly retryMilliseconds?: number | undefined;
  readonly onStep: OnStep;
  readonly onNote: (line: string) => void;
}

const contentsSchema = z.strictObject({
  /** Digest of the archive. */
  archive: z.string(),
  files: z.record(z.string(), z.string()),
});

/**
 * Put an archive's files into a folder unless an earlier run's are intact: from the user's folder, or downloaded.
 * Nothing is unpacked before its digest is checked. @returns false if missing and not to be downloaded
 * @throws UserError for an archive that cannot be obtained, or has another digest
 */
export async function obtainFiles(machine: Machine, archive: PinnedArchive, options: ObtainOptions): Promise<boolean> {
  const folder = machine.files.host(options.folder);
  const name = basename(archive.url);
  if (await isKept(archive, folder)) {
    options.onStep(name, `kept in ${options.folder}`);
    return true;
  }
  const own = await archiveOfUser(machine, archive, options);
  if (own === null && !options.mayDownload) return false;
  await unpack(archive, own ?? (await download(machine, archive, options)), folder);
  await rm(join(folder, name), { force: true });
  return true;
}

async function isKept(archive: PinnedArchive, folder: string): Promise<boolean> {
  const json = unseal(await readFile(contentsFile(archive, folder), 'utf8').catch(() => ''));
  if (json === null) return false;
  const { success, data } = contentsSchema.safeParse(JSON.parse(json));
  if (!success || data.archive !== archive.sha256) return false;
  for (const name of namesOf(archive)) {
    const digest = await sha256File(join(folder, name)).catch(() => null);
    if (digest === null || digest !== data.files[name]) return false;
  }
  return true;
}

const contentsFile = ({ url }: PinnedArchive, folder: string) => join(folder, `${basename(url)}.json`);

const namesOf = ({ members }: PinnedArchive) => members.map((member) => basename(member));

async function archiveOfUser(
  { files }: Machine,
  { url, sha256 }: PinnedArchive,
  { given: folder, onStep }: ObtainOptions,
): Promise<string | null> {
  if (folder === null) return null;
  const path = `${folder}/${basename(url)}`;
  const digest = await sha256File(files.host(path)).catch(() => null);
  if (digest === null) return null;
  if (digest !== sha256) {
    throw noCuda(`${path} has the SHA-256 ${digest} and not ${sha256}, so it is not used`, `get it from ${url}`);
  }
  onStep(basename(url), `taken from ${folder}`);
  return files.host(path);
}

async function download(
  { files, fetch }: Machine,
  archive: PinnedArchive,
  { folder, retryMilliseconds, onStep, onNote }: ObtainOptions,
): Promise<string> {
  const name = basename(archive.url);
  const path = join(files.host(folder), name);
  onNote(`downloading ${name}${archive.bytes === null ? '' : ` (${Math.round(archive.bytes / 1e6)} MB)`}`);
  const settings = given({ fetch, retryMilliseconds });
  const bytes = await downloadPinned(archive, path, settings).catch((error: unknown) => {
    if (!(error instanceof UnreachableError)) throw error;
    throw noCuda(error.problem, 'download it elsewhere, and set cuda-libraries to the folder that has it');
  });
  onStep(name, `${Math.round(bytes / 1e6)} MB downloaded, and its SHA-256 is right`);
  return path;
}

async function unpack(archive: PinnedArchive, path: string, folder: string): Promise<void> {
  await makeFolder(folder);
  await sweepDrafts(folder);
  const target = (name: string) => {
    const member = archive.members.find((end) => name.endsWith(end));
    return member === undefined ? null : draftOf(join(folder, basename(member)));
  };
  await (archive.url.endsWith('.whl') ? unpackZip(path, target) : unpackTarGz(path, target));
  const digests: Record<string, string> = {};
  for (const name of namesOf(archive)) {
    const draft = draftOf(join(folder, name));
    await access(draft).catch(() => {
      throw noCuda(`${basename(archive.url)} does not have ${name}`, 'use device cpu, and report it');
    });
    digests[name] = await sha256File(draft);
    // A process that has loaded the old file keeps it.
    await rename(draft, join(folder, name));
  }
  await writeFileAtomic(contentsFile(archive, folder), seal({ archive: archive.sha256, files: digests }));
}

const draftOf = (path: string) => `${path}.${process.pid}.part`;

async function sweepDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /\.(\d+)\.part$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}
