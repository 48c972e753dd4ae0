import { open as openFile, realpath, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { MIB, type OnProgress } from '@shadow-gate/platform/progress';
import { type ListedFile, MAX_HEADER_BYTES } from './checkpoint-files.ts';
import { type HubSettings, hubSettings } from './hub-settings.ts';
import { PartialFile } from './partial-file.ts';
import type { ByteRange } from './ranges.ts';
import { once, openSnapshotFiles, type SnapshotFiles } from './snapshot-files.ts';
import { isPickledName } from './weight-formats.ts';

interface WantedBytes {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** A checkpoint on a hub as a local folder, which has the headers of most weights and the bytes that were fetched. */
export interface Snapshot extends Pick<SnapshotFiles, 'folder' | 'name' | 'names' | 'weights'> {
  /** Names of weights that programs load in addition or instead; `fetch` downloads their bytes too. */
  readonly others: readonly string[];
  readonly fetch: (wanted: Iterable<WantedBytes>, onDownload?: OnProgress) => Promise<void>;
  /** Incomplete files of weights: their SHA-256 has not been compared. */
  readonly unverified: () => Promise<readonly string[]>;
}

const opened = new Map<string, Promise<Snapshot>>();

/** Open a checkpoint on a hub. A revision is resolved once per process. @throws UserError if it cannot be read */
export function openSnapshot(path: string, settings: HubSettings = hubSettings(process.env)): Promise<Snapshot> {
  return once(opened, path, settings, () => open(path, settings));
}

/** Most headers fit into this many bytes. */
const FIRST_BYTES = 64 * 1024;

/** Headers that are read at the same time: large models have more than a hundred shards. */
const HEADERS_AT_ONCE = 8;

const GIB = 1024 ** 3;

async function open(path: string, settings: HubSettings): Promise<Snapshot> {
  const files = await openSnapshotFiles(path, settings);
  const { folder, name, names, weights, others, commit, repository, cached } = files;
  const expectRoom = (bytes: number) => expectSpace(bytes, path, settings);
  const partial = new Map<string, PartialFile>();
  const prepare = async (listed: ListedFile) => {
    const { size, sha256 } = listed;
    const file = new PartialFile({
      path: join(folder, listed.name),
      journal: join(cached, 'ranges', `${listed.name}.json`),
      size,
      sha256,
      name: `${path}: ${listed.name}`,
      download: (range: ByteRange) => repository.download(commit, listed, range),
    });
    if (isPickledName(listed.name)) {
      await expectRoom(await file.missingBytes([[0, size]]));
      await file.fetch([[0, size]]);
    } else await fetchHeader(file, size);
    // Tensors name the real file, and the cache can be behind a link.
    partial.set(await realpath(file.path), file);
  };
  const prepared = [...weights, ...others];
  for (let next = 0; next < prepared.length; next += HEADERS_AT_ONCE) {
    await Promise.all(prepared.slice(next, next + HEADERS_AT_ONCE).map(prepare));
  }
  const fetch: Snapshot['fetch'] = async (wanted, onDownload) => {
    const ranges = new Map<PartialFile, ByteRange[]>();
    for (const { file, offset, byteLength } of wanted) {
      const of = partial.get(file);
      // Bytes that are not fetched would be read as zeros.
      if (!of) throw new Error(`${file} is not a file of ${name}`);
      const known = ranges.get(of);
      if (known) known.push([offset, offset + byteLength]);
      else ranges.set(of, [[offset, offset + byteLength]]);
    }
    let total = 0;
    for (const [file, some] of ranges) total += await file.missingBytes(some);
    if (total > 0) await expectRoom(total);
    let done = 0;
    const report = () => onDownload?.({ phase: 'downloading', done: done / MIB, total: total / MIB, item: name });
    for (const [file, some] of ranges) {
      if (total > 0) report();
      await file.fetch(some, (bytes) => {
        done += bytes;
        report();
      });
    }
  };
  const unverified = async () => {
    const found: string[] = [];
    for (const { name: file } of weights) {
      const local = partial.get(await realpath(join(folder, file)));
      if (!(await local?.isVerified())) found.push(file);
    }
    return found;
  };
  return { folder, name, names, weights, others: others.map((file) => file.name), fetch, unverified };
}

/** Better an error now than a full disk after an hour. */
async function expectSpace(bytes: number, path: string, { cache }: HubSettings): Promise<void> {
  const { bavail, bsize } = await statfs(cache);
  if (bavail * bsize >= bytes) return;
  throw new UserError(
    `${path}: ${formatBytes(bytes)} are to be downloaded, and ${cache} has ${formatBytes(bavail * bsize)} left`,
    'free some space, or set SHADOW_GATE_CACHE to a folder on another disk',
  );
}

function formatBytes(bytes: number): string {
  return bytes < GIB ? `${Math.ceil(bytes / MIB)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}

/** Download the header of a safetensors file, to be checked when it is read (formats/safetensors.ts). */
async function fetchHeader(file: PartialFile, size: number): Promise<void> {
  await file.fetch([[0, Math.min(size, FIRST_BYTES)]]);
  const length = await readHeaderLength(file.path);
  if (length === null) return;
  const end = 8 + Number(length);
  if (end > FIRST_BYTES && end <= Math.min(size, MAX_HEADER_BYTES)) await file.fetch([[0, end]]);
}

async function readHeaderLength(path: string): Promise<bigint | null> {
  const handle = await openFile(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    return bytesRead === 8 ? buffer.readBigUInt64LE(0) : null;
  } finally {
    await handle.close();
  }
}
