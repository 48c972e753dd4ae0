import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import {
  chooseCheckpointFiles,
  indexedShards,
  type ListedFile,
  listedFileSchema,
  otherFiles,
  READ_FOLDERS,
} from './checkpoint-files.ts';
import { parseHubPath, pinned } from './hub-path.ts';
import { type HubFolder, HubRepository } from './hub-repository.ts';
import { cacheOfHub, type HubSettings, hubSettings } from './hub-settings.ts';
import { readSealed, writeCached, writeSealed } from './partial-file.ts';

/** A checkpoint on a hub, without its weights: none of them were requested. */
export interface SnapshotFiles {
  /** Local folder with configurations, tokenizer, templates and code, all of them complete. */
  readonly folder: string;
  /** The path with its commit: `hf://org/model@0123…`. */
  readonly name: string;
  readonly names: readonly string[];
  /** The files of weights as the hub lists them: the single one, the shards of the index, or that of an adapter. */
  readonly weights: readonly ListedFile[];
  readonly others: readonly ListedFile[];
  readonly commit: string;
  readonly repository: HubRepository;
  readonly cached: string;
}

const opened = new Map<string, Promise<SnapshotFiles>>();

/** Resolve a checkpoint on a hub, once per process, and download all but its weights. @throws UserError */
export function openSnapshotFiles(
  path: string,
  settings: HubSettings = hubSettings(process.env),
): Promise<SnapshotFiles> {
  return once(opened, path, settings, () => open(path, settings));
}

/** The result of some work on a path of a hub, done once per process unless it fails. */
export function once<T>(
  known: Map<string, Promise<T>>,
  path: string,
  { endpoint, cache }: HubSettings,
  work: () => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([path, endpoint, cache]);
  const started = known.get(key) ?? work();
  known.set(key, started);
  // A failure can be temporary, and the next call tries again.
  started.catch(() => known.delete(key));
  return started;
}

const listingSchema = z.strictObject({
  /** Subfolders with files in the list. Older versions do not say so, and are requested again. */
  folders: z.array(z.string()),
  files: z.array(listedFileSchema),
});

async function open(path: string, settings: HubSettings): Promise<SnapshotFiles> {
  const target = parseHubPath(path);
  const repository = new HubRepository(path, target, settings);
  const commit = await repository.commit();
  const root = join(cacheOfHub(settings), target.repository.replace('/', '--'), commit);
  // The name of a folder cannot contain an @.
  const cached = join(root, target.folder === '' ? '@root' : encodeURIComponent(target.folder));
  const folder = join(cached, 'files');

  const filesInside = async (name: string) => {
    const inside = { ...target, folder: target.folder === '' ? name : `${target.folder}/${name}` };
    const listed = await new HubRepository(path, inside, settings).list(commit);
    return listed
      .filter((file) => READ_FOLDERS[name]?.test(file.name))
      .map((file) => ({ ...file, name: `${name}/${file.name}` }));
  };
  const listing = await listedOnce(join(cached, 'listing.json'), () => repository.open(commit), filesInside);
  const { whole, index, weights: chosen } = chooseCheckpointFiles(listing, path);
  for (const file of whole) {
    const kept = await readFile(join(folder, file.name)).catch(() => null);
    if (kept && matchesDigest(kept, file)) continue;
    const { bytes } = await repository.download(commit, file, [0, file.size]);
    if (!matchesDigest(bytes, file)) {
      throw new UserError(`${path}: ${file.name} arrived damaged: its digest differs`, 'run again');
    }
    await writeCached(join(folder, file.name), bytes);
  }
  const indexText = index && (await readFile(join(folder, index.name), 'utf8'));
  const weights = indexText === null ? chosen : indexedShards(indexText, chosen, path, index?.name);
  const names = listing.map((file) => file.name);
  const others = otherFiles(listing, weights, path);
  return { folder, name: pinned(target, commit), names, weights, others, commit, repository, cached };
}

/** The files of the folder. At a commit they cannot change, so they are requested once. */
async function listedOnce(
  file: string,
  open: () => Promise<HubFolder>,
  filesInside: (name: string) => Promise<readonly ListedFile[]>,
): Promise<readonly ListedFile[]> {
  const kept = await readSealed(file, listingSchema);
  if (kept) return kept.files;
  const root = await open();
  const folders = root.folders.filter((name) => Object.hasOwn(READ_FOLDERS, name));
  const files = [...root.files];
  for (const name of folders) files.push(...(await filesInside(name)));
  await writeSealed(file, { folders, files });
  return files;
}

/** Do the bytes have the digest of the listing? Git and Git LFS name files by their content. */
export function matchesDigest(bytes: Uint8Array, { size, oid, sha256 }: ListedFile): boolean {
  if (bytes.byteLength !== size) return false;
  if (sha256 !== null) return createHash('sha256').update(bytes).digest('hex') === sha256;
  return createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex') === oid;
}
