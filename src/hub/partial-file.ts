import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { UserError } from '../platform/user-error.ts';
import { writeFileAtomic } from '../platform/write-file.ts';
import { type ByteRange, missing, pieces, totalBytes, unite } from './ranges.ts';

/** Bytes of one request: a connection that is cut loses no more, and a redirect for each costs little. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** Requests at a time. A hub gives one connection only a part of the line. */
const CONNECTIONS = 4;

/** Some bytes of a file, as a server gave them. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** What the server calls this content; null where it does not say. */
  readonly etag: string | null;
}

export interface PartialFileOptions {
  /** Where the file is; it has its whole length from the start, and holes. */
  readonly path: string;
  /** Where it is kept which bytes are there. */
  readonly journal: string;
  readonly size: number;
  /** Of the whole file, where it is known. */
  readonly sha256: string | null;
  /** How errors name it. */
  readonly name: string;
  readonly download: (range: ByteRange) => Promise<Piece>;
}

const journalSchema = z.strictObject({
  size: z.int(),
  etag: z.string().nullable(),
  ranges: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])).readonly(),
  /** All bytes are there and are the right ones. */
  verified: z.boolean(),
});
type Journal = z.infer<typeof journalSchema>;

/**
 * A file of which only some bytes are on the disk. The journal names only ranges that have been written, so that a process
 * that is killed at any moment leaves nothing that looks like data and is none.
 */
export class PartialFile {
  readonly #options: PartialFileOptions;
  #journal: Journal | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PartialFileOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  /** Bytes of the ranges that are not there yet. */
  lacking(ranges: readonly ByteRange[]): Promise<number> {
    return this.#inTurn(async () => totalBytes(missing(ranges, (await this.#read()).ranges)));
  }

  /**
   * Have these ranges on the disk.
   * @param onBytes told of every piece that has arrived
   * @throws UserError for a full disk, for a file that changes on its way and for one that arrived damaged
   */
  fetch(ranges: readonly ByteRange[], onBytes?: (bytes: number) => void): Promise<void> {
    return this.#inTurn(() => this.#fetch(ranges, onBytes));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #fetch(ranges: readonly ByteRange[], onBytes: ((bytes: number) => void) | undefined): Promise<void> {
    const { size, sha256 } = this.#options;
    const journal = await this.#read();
    const queue = pieces(missing(ranges, journal.ranges), PIECE_BYTES);
    if (queue.length > 0) await this.#download(queue, onBytes);
    const { ranges: there, verified } = this.#journal ?? journal;
    const isWhole = missing([[0, size]], there).length === 0;
    if (isWhole && !verified && sha256 !== null) await this.#verify(sha256);
  }

  async #download(queue: ByteRange[], onBytes: ((bytes: number) => void) | undefined): Promise<void> {
    const handle = await open(this.path, 'r+');
    try {
      let failure: unknown = null;
      const work = async () => {
        for (let range = queue.shift(); range && failure === null; range = queue.shift()) {
          try {
            const piece = await this.#options.download(range);
            await this.#keep(handle, range, piece);
            onBytes?.(range[1] - range[0]);
          } catch (error) {
            failure ??= error;
          }
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, work));
      if (failure !== null) throw failure;
    } finally {
      await handle.close();
    }
  }

  /** The data first, then the journal that vouches for it. */
  async #keep(handle: FileHandle, [begin, end]: ByteRange, { bytes, etag }: Piece): Promise<void> {
    if (this.#journal !== null && this.#journal.etag !== null && etag !== null && this.#journal.etag !== etag) {
      await this.#discard();
      throw new UserError(
        `${this.#options.name} has changed since a part of it was downloaded`,
        'run again: it is downloaded anew',
      );
    }
    try {
      for (let done = 0; done < end - begin; ) {
        done += (await handle.write(bytes, done, end - begin - done, begin + done)).bytesWritten;
      }
      await handle.datasync();
    } catch (error) {
      throw explainFull(error, this.path);
    }
    const journal = this.#journal;
    // Another piece has found that the file changed.
    if (journal === null) return;
    await this.#write({ ...journal, etag: journal.etag ?? etag, ranges: unite([...journal.ranges, [begin, end]]) });
  }

  async #verify(sha256: string): Promise<void> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(this.path, { highWaterMark: 1024 * 1024 }), hash);
    if (hash.digest('hex') !== sha256) {
      await this.#discard();
      throw new UserError(`${this.#options.name} arrived damaged: its SHA-256 is another`, 'run again');
    }
    if (this.#journal !== null) await this.#write({ ...this.#journal, verified: true });
  }

  /**
   * What is there, of an earlier run or of another one that is at it: read anew each time. Else an empty file of the whole
   * length. Nothing that lies there is cleared: another process may just have written it.
   */
  async #read(): Promise<Journal> {
    const { path, journal, size } = this.#options;
    const known = await readJournal(journal);
    const info = await stat(path).catch(() => null);
    if (known?.size === size && info?.size === size) {
      this.#journal = known;
      return known;
    }
    await rm(journal, { force: true });
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
    await handle.truncate(size).finally(() => handle.close());
    const empty = { size, etag: null, ranges: [], verified: false };
    await this.#write(empty);
    return empty;
  }

  #writing: Promise<void> = Promise.resolve();

  /** One after the other, each in place of the last, so that no half-written journal is ever read. */
  #write(journal: Journal): Promise<void> {
    this.#journal = journal;
    const { journal: file } = this.#options;
    this.#writing = this.#writing
      .catch(() => {})
      .then(() => writeFileAtomic(file, JSON.stringify(this.#journal ?? {})))
      .catch((error: unknown) => {
        throw explainFull(error, file);
      });
    return this.#writing;
  }

  /** Nothing vouches for what is there any more. */
  async #discard(): Promise<void> {
    this.#journal = null;
    await rm(this.#options.journal, { force: true });
  }
}

async function readJournal(file: string): Promise<Journal | null> {
  try {
    return journalSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // None yet, or not one of ours: everything is downloaded.
    return null;
  }
}

/** A full disk is the one failure here that has its own mend. */
export function explainFull(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new UserError(
    `the disk is full: ${path} cannot be written`,
    'free some space and run again, or set SHADOW_GATE_CACHE to a folder on another disk: what has arrived is kept',
  );
}
