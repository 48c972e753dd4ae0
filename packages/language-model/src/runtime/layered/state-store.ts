import { type FileHandle, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { explainTemporaryFile } from '@shadow-gate/platform/files';

interface State {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

type Entry =
  | { readonly place: 'memory'; readonly state: State }
  | { readonly place: 'file'; readonly dims: readonly number[]; readonly offset: number; readonly byteLength: number };

/**
 * Hidden states, keys and values between the layers. Beyond the memory limit, they go to a temporary file, which loses
 * its name as soon as it is open, so that the system frees it however the process ends. Layers take states in the same
 * order each time, so the first ones stay in memory, and no state moves.
 */
export class StateStore {
  readonly #limit: number;
  readonly #folder: string;
  readonly #open: (folder: string) => Promise<FileHandle>;
  readonly #entries = new Map<string, Entry>();
  /** Free places in the file by size, a power of two, so that growing keys fit into the places of others. */
  readonly #free = new Map<number, number[]>();
  #used = 0;
  /** Number of places taken in the file. */
  #places = 0;
  #file: Promise<FileHandle> | null = null;
  #end = 0;

  /** @param limit in bytes */
  constructor(limit: number, { folder = os.tmpdir(), openFile = openNameless } = {}) {
    this.#limit = limit;
    this.#folder = folder;
    this.#open = openFile;
  }

  /** Size of the temporary file, in bytes. */
  get spilled(): number {
    return this.#end;
  }

  /** @throws UserError if the disk is full, or the folder cannot be written */
  async put(key: string, state: State): Promise<void> {
    this.drop(key);
    const { byteLength } = state.data;
    if (this.#used + byteLength <= this.#limit) {
      this.#used += byteLength;
      this.#entries.set(key, { place: 'memory', state });
      return;
    }
    const size = placeSize(byteLength);
    const offset = this.#free.get(size)?.pop() ?? this.#end;
    if (offset === this.#end) this.#end += size;
    this.#places += 1;
    await this.#write(state.data, offset);
    this.#entries.set(key, { place: 'file', dims: state.dims, offset, byteLength });
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  async read(key: string): Promise<State> {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw new Error(`there is no state ${key}`);
    if (entry.place === 'memory') return entry.state;
    const { dims, offset, byteLength } = entry;
    const bytes = new Uint8Array(byteLength);
    await this.#read(bytes, offset);
    return { data: new Float32Array(bytes.buffer), dims };
  }

  /** Read a state for the last time. */
  async take(key: string): Promise<State> {
    const state = await this.read(key);
    this.drop(key);
    return state;
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    if (entry.place === 'memory') {
      this.#used -= entry.state.data.byteLength;
      return;
    }
    const { offset, byteLength } = entry;
    this.#places -= 1;
    if (this.#places === 0) {
      this.#free.clear();
      this.#end = 0;
      return;
    }
    const size = placeSize(byteLength);
    const places = this.#free.get(size) ?? [];
    places.push(offset);
    this.#free.set(size, places);
  }

  /** Drop everything. The store remains usable. */
  async clear(): Promise<void> {
    this.#entries.clear();
    this.#free.clear();
    this.#used = 0;
    this.#places = 0;
    this.#end = 0;
    const file = this.#file;
    this.#file = null;
    await (await file?.catch(() => null))?.close();
  }

  async #write(data: Float32Array, offset: number): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#file ??= this.#open(this.#folder);
    const file = await this.#file.catch((error: unknown) => {
      throw explainTemporaryFile(error, this.#folder, STATES);
    });
    try {
      let written = 0;
      while (written < bytes.length) {
        written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
      }
    } catch (error) {
      throw explainTemporaryFile(error, this.#folder, STATES);
    }
  }

  async #read(bytes: Uint8Array, offset: number): Promise<void> {
    const file = await this.#file;
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead = 0 } = (await file?.read(bytes, done, bytes.length - done, offset + done)) ?? {};
      if (bytesRead === 0) throw new Error('the temporary file of hidden states ends too early');
      done += bytesRead;
    }
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const own = await mkdtemp(join(folder, 'shadow-gate-states-'));
  const path = join(own, 'states');
  try {
    return await open(path, 'wx+', 0o600);
  } finally {
    await rm(path, { force: true });
    await rmdir(own);
  }
}

/** Unwritten parts of the file take no space on most disks: they are holes. */
const placeSize = (byteLength: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, byteLength)));

const STATES = {
  what: 'hidden states that do not fit into memory',
  instead: 'ask fewer probes, or raise --max-memory',
};
