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
import { type HubPath, parseHubPath, pinned } from './hub-path.ts';
import { HubRepository } from './hub-repository.ts';
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
  /** Weights that programs load in addition or instead. */
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
  return once(opened, path, settings, () => new Opening(path, settings).open());
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

class Opening {
  readonly #path: string;
  readonly #settings: HubSettings;
  readonly #target: HubPath;
  readonly #repository: HubRepository;

  constructor(path: string, settings: HubSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#target = parseHubPath(path);
    this.#repository = new HubRepository(path, this.#target, settings);
  }

  async open(): Promise<SnapshotFiles> {
    const commit = await this.#repository.commit();
    const { repository, folder } = this.#target;
    const root = join(cacheOfHub(this.#settings), repository.replace('/', '--'), commit);
    // The name of a folder cannot contain an @.
    const cached = join(root, folder === '' ? '@root' : encodeURIComponent(folder));
    const local = join(cached, 'files');
    const listing = await this.#listing(commit, join(cached, 'listing.json'));
    const files = chooseCheckpointFiles(listing, this.#path);
    for (const file of files.whole) await this.#download(commit, file, join(local, file.name));
    const { index } = files;
    const weights = index
      ? indexedShards(await readFile(join(local, index.name), 'utf8'), files.weights, this.#path, index.name)
      : files.weights;
    return {
      folder: local,
      name: pinned(this.#target, commit),
      names: listing.map((file) => file.name),
      weights,
      others: otherFiles(listing, weights, this.#path),
      commit,
      repository: this.#repository,
      cached,
    };
  }

  /** The files of the folder. At a commit they cannot change, so they are requested once. */
  async #listing(commit: string, file: string): Promise<readonly ListedFile[]> {
    const kept = await readSealed(file, listingSchema);
    if (kept) return kept.files;
    const root = await this.#repository.open(commit);
    const folders = root.folders.filter((name) => Object.hasOwn(READ_FOLDERS, name));
    const files = [...root.files];
    for (const name of folders) files.push(...(await this.#inside(name, commit)));
    await writeSealed(file, { folders, files });
    return files;
  }

  async #inside(name: string, commit: string): Promise<readonly ListedFile[]> {
    const { folder } = this.#target;
    const target = { ...this.#target, folder: folder === '' ? name : `${folder}/${name}` };
    const listed = await new HubRepository(this.#path, target, this.#settings).list(commit);
    return listed
      .filter((file) => READ_FOLDERS[name]?.test(file.name))
      .map((file) => ({ ...file, name: `${name}/${file.name}` }));
  }

  /** Download a complete file, unless the cache has it undamaged. */
  async #download(commit: string, file: ListedFile, path: string): Promise<void> {
    const kept = await readFile(path).catch(() => null);
    if (kept && matchesDigest(kept, file)) return;
    const { bytes } = await this.#repository.download(commit, file, [0, file.size]);
    if (!matchesDigest(bytes, file)) {
      throw new UserError(`${this.#path}: ${file.name} arrived damaged: its digest differs`, 'run again');
    }
    await writeCached(path, bytes);
  }
}

/** Do the bytes have the digest of the listing? Git and Git LFS name files by their content. */
export function matchesDigest(bytes: Uint8Array, { size, oid, sha256 }: ListedFile): boolean {
  if (bytes.byteLength !== size) return false;
  if (sha256 !== null) return createHash('sha256').update(bytes).digest('hex') === sha256;
  return createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex') === oid;
}
