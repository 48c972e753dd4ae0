import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Semaphore, UserError } from '@shadow-gate/platform';
import { makeFolder, sha256Stream, writeFileAtomic } from '@shadow-gate/platform/files';
import { parseJson, seal, unseal } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { type ByteRange, missing, pieces, totalBytes, uniteRanges } from './ranges.ts';

/** Bytes per request: a broken connection loses no more, and the redirect of each request costs little. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** Requests at the same time: a hub limits the bandwidth of each connection. */
const CONNECTIONS = 4;

export interface FilePiece {
  readonly bytes: Uint8Array;
  /** The server's ETag of the whole file; null if it sent none. */
  readonly etag: string | null;
}

interface PartialFileOptions {
  /** The file has its full length from the start, with holes. */
  readonly path: string;
  readonly journal: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly name: string;
  readonly download: (range: ByteRange) => Promise<FilePiece>;
}

const journalSchema = z.strictObject({
  size: z.int(),
  etag: z.string().nullable(),
  ranges: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])).readonly(),
  verified: z.boolean(),
});
type Journal = z.infer<typeof journalSchema>;

/** A file with holes. Its journal lists only written ranges: a killed process leaves no hole that looks like data. */
export class PartialFile {
  readonly #options: PartialFileOptions;
  #journal: Journal | null = null;
  readonly #calls = new Semaphore(1);
  readonly #writes = new Semaphore(1);

  constructor(options: PartialFileOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  missingBytes(ranges: readonly ByteRange[]): Promise<number> {
    return this.#calls.run(async () => totalBytes(missing(ranges, (await this.#readJournal()).ranges)));
  }

  /** Download missing parts. @throws UserError for a full disk, and for a file that changes or arrives damaged */
  fetch(ranges: readonly ByteRange[], onBytes?: (bytes: number) => void): Promise<void> {
    return this.#calls.run(() => this.#fetch(ranges, onBytes));
  }

  isVerified(): Promise<boolean> {
    return this.#calls.run(async () => (await this.#readJournal()).verified);
  }

  discard(): Promise<void> {
    return this.#calls.run(() => this.#discard());
  }

  async #fetch(ranges: readonly ByteRange[], onBytes: ((bytes: number) => void) | undefined): Promise<void> {
    const { size, sha256 } = this.#options;
    const journal = await this.#readJournal();
    const queue = pieces(missing(ranges, journal.ranges), PIECE_BYTES);
    if (queue.length > 0) await this.#download(queue, onBytes);
    const { ranges: written, verified } = this.#journal ?? journal;
    const isWhole = missing([[0, size]], written).length === 0;
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
            await this.#write(handle, range, piece);
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

  /** Write the data first, and then the journal that lists it. */
  async #write(handle: FileHandle, [begin, end]: ByteRange, { bytes, etag }: FilePiece): Promise<void> {
    if (this.#journal !== null && this.#journal.etag !== null && etag !== null && this.#journal.etag !== etag) {
      await this.#discard();
      throw new UserError(
        `${this.#options.name} has changed since a part of it was downloaded`,
        'run again to download it anew',
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
    // Another piece has shown that the file changed.
    if (journal === null) return;
    await this.#writeJournal({
      ...journal,
      etag: journal.etag ?? etag,
      ranges: uniteRanges([...journal.ranges, [begin, end]]),
    });
  }

  async #verify(sha256: string): Promise<void> {
    if ((await sha256Stream(createReadStream(this.path, { highWaterMark: 1024 * 1024 }))) !== sha256) {
      await this.#discard();
      throw new UserError(`${this.#options.name} arrived damaged: its SHA-256 differs`, 'run again');
    }
    if (this.#journal !== null) await this.#writeJournal({ ...this.#journal, verified: true });
  }

  /**
   * The journal of an earlier run or another process, read again each time; else that of a new file of the full length.
   * An existing file is not cleared: another process may just have written it.
   */
  async #readJournal(): Promise<Journal> {
    const { path, journal, size } = this.#options;
    const known = await readSealed(journal, journalSchema);
    const info = await stat(path).catch(() => null);
    if (known?.size === size && info?.size === size) {
      this.#journal = known;
      return known;
    }
    await rm(journal, { force: true });
    await makeFolder(dirname(path));
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
    await handle.truncate(size).finally(() => handle.close());
    const empty = { size, etag: null, ranges: [], verified: false };
    await this.#writeJournal(empty);
    return empty;
  }

  /** One after the other, each with the newest ranges. */
  #writeJournal(journal: Journal): Promise<void> {
    this.#journal = journal;
    return this.#writes.run(() => writeSealed(this.#options.journal, this.#journal ?? journal));
  }

  async #discard(): Promise<void> {
    this.#journal = null;
    await rm(this.#options.journal, { force: true });
  }
}

/** What `writeSealed` wrote; null for a missing, damaged or foreign file, which is downloaded again. */
export async function readSealed<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    const text = unseal(await readFile(path, 'utf8')) ?? '';
    return schema.parse(parseJson(text, { name: path, hint: 'run again' }));
  } catch {
    return null;
  }
}

export function writeSealed(path: string, value: object): Promise<void> {
  return writeCached(path, seal(value));
}

/** @throws UserError for a full disk */
export async function writeCached(path: string, content: string | Uint8Array): Promise<void> {
  await writeFileAtomic(path, content).catch((error: unknown) => {
    throw explainFull(error, path);
  });
}

export function explainFull(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new UserError(
    `the disk is full: ${path} cannot be written`,
    'free some space and run again, or set SHADOW_GATE_CACHE to a folder on another disk',
  );
}
