import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { withZip, type ZipMember } from '@shadow-gate/platform/files';

/** The path for a file of an archive; null to skip it. */
type UnpackTarget = (name: string) => string | null;

const BLOCK = 512;

/**
 * Write plain files of a .tar.gz archive (POSIX.1-1988 ustar), without links and names in extended headers.
 * @returns the names of the written files @throws if it is not such an archive
 */
export async function unpackTarGz(archive: string, target: UnpackTarget): Promise<string[]> {
  const unpacked = createGunzip();
  const reading = pipeline(createReadStream(archive, { highWaterMark: 1024 * 1024 }), unpacked);
  reading.catch(() => {});
  const bytes = new ByteReader(unpacked);
  const written: string[] = [];
  for (let header = await bytes.take(BLOCK); header !== null; header = await bytes.take(BLOCK)) {
    if (header.every((byte) => byte === 0)) continue;
    const { name, size, isFile } = readTarHeader(header);
    const path = isFile ? target(name) : null;
    await writeBytes(bytes.pieces(size), path);
    await writeBytes(bytes.pieces((BLOCK - (size % BLOCK)) % BLOCK), null);
    if (path !== null) written.push(name);
  }
  await reading;
  return written;
}

function readTarHeader(header: Buffer): { name: string; size: number; isFile: boolean } {
  const text = (begin: number, end: number) => header.toString('latin1', begin, end).replace(/\0.*$/s, '');
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  const size = Number.parseInt(text(124, 136).trim(), 8);
  if (Number.parseInt(text(148, 156).trim(), 8) !== sum || !(size >= 0))
    throw new Error('a header of the tar archive is damaged');
  const prefix = text(257, 262) === 'ustar' ? text(345, 500) : '';
  const name = text(0, 100);
  const type = text(156, 157);
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, isFile: type === '' || type === '0' };
}

async function writeBytes(pieces: AsyncGenerator<Buffer>, path: string | null): Promise<void> {
  if (path !== null) return pipeline(Readable.from(pieces), createWriteStream(path));
  for await (const _ of pieces);
}

/** Bytes of a stream in portions of any size. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** @returns null at the end of the stream */
  async take(count: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for await (const piece of this.pieces(count, { mayEnd: true })) parts.push(piece);
    const all = Buffer.concat(parts);
    return all.length === count ? all : null;
  }

  /** The next `count` bytes, as they arrive. @throws if the stream ends before */
  async *pieces(count: number, { mayEnd = false }: { readonly mayEnd?: boolean } = {}): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) {
          if (mayEnd) return;
          throw new Error('the archive ends in the middle of a file');
        }
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}

/** Write some files of a zip archive, such as a wheel. @returns their names @throws UserError for a damaged archive */
export async function unpackZip(archive: string, target: UnpackTarget): Promise<string[]> {
  return withZip(archive, 'run again', async ({ members, start }) => {
    const written: string[] = [];
    for (const member of members) {
      const path = target(member.name);
      if (path === null) continue;
      await writeMember(archive, await start(member), member, path);
      written.push(member.name);
    }
    return written;
  });
}

async function writeMember(archive: string, start: number, { method, packedBytes }: ZipMember, path: string) {
  if (method !== 0 && method !== 8) throw new Error(`the zip archive has a file packed with method ${method}`);
  if (packedBytes === 0) return pipeline(Readable.from([]), createWriteStream(path));
  const packed = createReadStream(archive, { start, end: start + packedBytes - 1, highWaterMark: 1024 * 1024 });
  if (method === 0) return pipeline(packed, createWriteStream(path));
  return pipeline(packed, createInflateRaw(), createWriteStream(path));
}
