import { createHash } from 'node:crypto';
import { open, readFile, realpath, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../platform/parse-json.ts';
import { seal, unseal } from '../platform/sealed-json.ts';
import { UserError } from '../platform/user-error.ts';
import { writeFileAtomic } from '../platform/write-file.ts';
import { type CheckpointFiles, chooseFiles, type ListedFile, MAX_HEADER_BYTES, shardsOf } from './checkpoint-files.ts';
import { type HubPath, parseHubPath, pinned } from './hub-path.ts';
import { HubRepository } from './hub-repository.ts';
import { type HubSettings, hubSettings } from './hub-settings.ts';
import { explainFull, PartialFile } from './partial-file.ts';
import type { ByteRange } from './ranges.ts';

/** Receives the progress of a download, in MiB, and the name of the model. */
export type OnDownload = (progress: { done: number; total: number; name: string }) => void;

/** Bytes of a local file that are needed. */
export interface WantedBytes {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * A checkpoint on a hub as a local folder. Configurations and tokenizer are complete; of the weights there are the
 * headers and the bytes that have been fetched, and the rest of their files are holes.
 */
export interface Snapshot {
  readonly folder: string;
  /** The path with its commit: `hf://org/model@0123…`. */
  readonly name: string;
  /** Of all files of the folder on the hub. */
  readonly names: readonly string[];
  /** Download these bytes, as far as they are not on the disk. */
  readonly fetch: (wanted: Iterable<WantedBytes>, onDownload?: OnDownload) => Promise<void>;
}

const opened = new Map<string, Promise<Snapshot>>();

/**
 * Open a checkpoint on a hub. A revision is resolved once: when it is opened again in this process, it has the same
 * commit.
 * @param path `hf://org/model[@revision][/folder]`
 * @throws UserError for an invalid path, and for a checkpoint that cannot be read
 */
export function openSnapshot(path: string, settings: HubSettings = hubSettings(process.env)): Promise<Snapshot> {
  const key = JSON.stringify([path, settings.endpoint, settings.cache]);
  const known = opened.get(key);
  if (known) return known;
  const opening = new Opening(path, settings).open();
  opened.set(key, opening);
  // A failure can be temporary, and the next call tries again.
  opening.catch(() => opened.delete(key));
  return opening;
}

/** Most headers fit into this many bytes, which are one request. */
const FIRST_BYTES = 64 * 1024;

/** Headers that are read at the same time: large models have a hundred shards and more. */
const HEADERS_AT_ONCE = 8;

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const listingSchema = z.strictObject({
  files: z.array(
    z.strictObject({ name: z.string(), size: z.int().nonnegative(), oid: z.string(), sha256: z.string().nullable() }),
  ),
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

  async open(): Promise<Snapshot> {
    const commit = await this.#repository.commit();
    const { repository, folder } = this.#target;
    const host = new URL(this.#settings.endpoint).host.replaceAll(/[^\w.-]/g, '_');
    const root = join(this.#settings.cache, 'hub', host, repository.replace('/', '--'), commit);
    // The name of a folder cannot contain an @.
    const cached = join(root, folder === '' ? '@root' : encodeURIComponent(folder));
    const local = join(cached, 'files');
    const listing = await this.#listing(commit, join(cached, 'listing.json'));
    const files = chooseFiles(listing, this.#path);
    for (const file of files.whole) await this.#download(commit, file, join(local, file.name));
    const weights = await this.#weights(files, local);
    const partial = new Map<string, PartialFile>();
    const prepare = async (listed: ListedFile) => {
      const journal = join(cached, 'ranges', `${listed.name}.json`);
      const file = this.#partial(commit, listed, join(local, listed.name), journal);
      await fetchHeader(file, listed.size);
      // Tensors name the real file, and the cache can be behind a link.
      partial.set(await realpath(file.path), file);
    };
    for (let next = 0; next < weights.length; next += HEADERS_AT_ONCE) {
      await Promise.all(weights.slice(next, next + HEADERS_AT_ONCE).map(prepare));
    }
    const name = pinned(this.#target, commit);
    return {
      folder: local,
      name,
      names: listing.map((file) => file.name),
      fetch: (wanted, onDownload) => this.#fetch(partial, wanted, name, onDownload),
    };
  }

  /** The files of the folder at the commit. They cannot change, so they are requested once. */
  async #listing(commit: string, file: string): Promise<ListedFile[]> {
    const kept = await readFile(file, 'utf8').then(parseListing, () => null);
    if (kept) return kept;
    const listed = await this.#repository.list(commit);
    await writeCached(file, seal({ files: listed }));
    return listed;
  }

  /** Download a complete file, unless the cache has it; its digest is known, so a damaged one is detected. */
  async #download(commit: string, file: ListedFile, path: string): Promise<void> {
    const kept = await readFile(path).catch(() => null);
    if (kept && matchesDigest(kept, file)) return;
    const { bytes } = await this.#repository.download(commit, file, [0, file.size]);
    if (!matchesDigest(bytes, file)) {
      throw new UserError(`${this.#path}: ${file.name} arrived damaged: its digest differs`, 'run again');
    }
    await writeCached(path, bytes);
  }

  async #weights({ weights, index }: CheckpointFiles, local: string): Promise<readonly ListedFile[]> {
    if (index === null) return weights;
    return shardsOf(await readFile(join(local, index.name), 'utf8'), weights, this.#path);
  }

  #partial(commit: string, file: ListedFile, path: string, journal: string): PartialFile {
    const { size, sha256 } = file;
    const download = (range: ByteRange) => this.#repository.download(commit, file, range);
    return new PartialFile({ path, journal, size, sha256, name: `${this.#path}: ${file.name}`, download });
  }

  async #fetch(
    partial: ReadonlyMap<string, PartialFile>,
    wanted: Iterable<WantedBytes>,
    name: string,
    onDownload: OnDownload | undefined,
  ): Promise<void> {
    const ranges = new Map<PartialFile, ByteRange[]>();
    for (const { file, offset, byteLength } of wanted) {
      const of = partial.get(file);
      // Otherwise its bytes would be read as zeros.
      if (!of) throw new Error(`${file} is not a file of ${name}`);
      const known = ranges.get(of);
      if (known) known.push([offset, offset + byteLength]);
      else ranges.set(of, [[offset, offset + byteLength]]);
    }
    let total = 0;
    for (const [file, some] of ranges) total += await file.missingBytes(some);
    if (total > 0) await this.#expectSpace(total);
    let done = 0;
    const report = () =>
      onDownload?.({ done: Math.round(done / MIB), total: Math.ceil(total / MIB), name: `MiB of ${name}` });
    for (const [file, some] of ranges) {
      if (total > 0) report();
      await file.fetch(some, (bytes) => {
        done += bytes;
        report();
      });
    }
  }

  /** Better an error now than a full disk after an hour. */
  async #expectSpace(bytes: number): Promise<void> {
    const { cache } = this.#settings;
    const { bavail, bsize } = await statfs(cache);
    if (bavail * bsize >= bytes) return;
    throw new UserError(
      `${this.#path}: ${formatBytes(bytes)} are to be downloaded, and ${cache} has ${formatBytes(bavail * bsize)} left`,
      'free some space, or set SHADOW_GATE_CACHE to a folder on another disk',
    );
  }
}

function formatBytes(bytes: number): string {
  return bytes < GIB ? `${Math.ceil(bytes / MIB)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}

/** Download the header of a safetensors file. It is checked when it is read (checkpoint/safetensors.ts). */
async function fetchHeader(file: PartialFile, size: number): Promise<void> {
  await file.fetch([[0, Math.min(size, FIRST_BYTES)]]);
  const length = await readHeaderLength(file.path);
  if (length === null) return;
  const end = 8 + Number(length);
  if (end > FIRST_BYTES && end <= Math.min(size, MAX_HEADER_BYTES)) await file.fetch([[0, end]]);
}

async function readHeaderLength(path: string): Promise<bigint | null> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    return bytesRead === 8 ? buffer.readBigUInt64LE(0) : null;
  } finally {
    await handle.close();
  }
}

function parseListing(text: string): ListedFile[] | null {
  try {
    return listingSchema.parse(parseJson(unseal(text) ?? '', { name: 'the listing', hint: 'try again' })).files;
  } catch {
    return null;
  }
}

/** Do the bytes have the digest of the listing? Git and Git LFS name files by their content. */
function matchesDigest(bytes: Uint8Array, { size, oid, sha256 }: ListedFile): boolean {
  if (bytes.byteLength !== size) return false;
  if (sha256 !== null) return createHash('sha256').update(bytes).digest('hex') === sha256;
  const blob = createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex');
  return blob === oid;
}

async function writeCached(path: string, content: string | Uint8Array): Promise<void> {
  await writeFileAtomic(path, content).catch((error: unknown) => {
    throw explainFull(error, path);
  });
}
