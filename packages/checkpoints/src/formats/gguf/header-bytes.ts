import type { FileHandle } from 'node:fs/promises';
import { UserError } from '@shadow-gate/platform';

/** Real headers have at most about 40 MB: the largest vocabularies with merges, and thousands of tensor names. */
const MAX_HEADER_BYTES = 256 * 1024 * 1024;

/** Read at first; more if the header is longer. */
const FIRST_BYTES = 1024 * 1024;

/** The first bytes of a file, read on demand, and a position in them. */
export class HeaderBytes {
  readonly #handle: FileHandle;
  readonly #file: string;
  readonly #size: number;
  #bytes = Buffer.alloc(0);
  #position = 0;

  constructor(handle: FileHandle, file: string, size: number) {
    this.#handle = handle;
    this.#file = file;
    this.#size = size;
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes between this place and the end of the file. */
  get left(): number {
    return this.#size - this.#position;
  }

  /** Are so many bytes in memory, so that there is nothing to wait for? */
  has(count: number): boolean {
    return this.#position + count <= this.#bytes.length;
  }

  /** Read ahead. @param what is read, for the error @throws UserError past the file's end or the limit */
  async need(count: number, what: string): Promise<void> {
    if (this.has(count)) return;
    const end = this.#position + count;
    if (count > this.left) {
      throw new UserError(
        `${this.#file} is truncated: ${what} would end at byte ${end}, and the file ends at ${this.#size}`,
        'download it again',
      );
    }
    if (end > MAX_HEADER_BYTES) {
      throw new UserError(
        `${this.#file}: its header exceeds the limit of ${MAX_HEADER_BYTES} bytes`,
        'check that it is a GGUF file of a language model',
      );
    }
    const length = Math.min(this.#size, MAX_HEADER_BYTES, Math.max(end, FIRST_BYTES, 2 * this.#bytes.length));
    const bytes = Buffer.allocUnsafe(length);
    this.#bytes.copy(bytes);
    await this.#read(bytes, this.#bytes.length);
    this.#bytes = bytes;
  }

  async #read(bytes: Buffer, from: number): Promise<void> {
    for (let at = from; at < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) {
        throw new UserError(`${this.#file} changed while it was read`, 'run again when the file is complete');
      }
      at += bytesRead;
    }
  }

  take(count: number): Buffer {
    const end = this.#position + count;
    if (end > this.#bytes.length) throw new RangeError(`${count} bytes of the header were not read`);
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }

  since(position: number): Buffer {
    return this.#bytes.subarray(position, this.#position);
  }

  takeUint32(): number {
    return this.take(4).readUInt32LE(0);
  }

  takeUint64(): bigint {
    return this.take(8).readBigUInt64LE(0);
  }
}
