import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';

/** The path that a file of an archive is written to; null for one that is not wanted. */
type UnpackTarget = (name: string) => string | null;

const BLOCK = 512;

/**
 * Write some plain files of a .tar.gz archive (POSIX.1-1988 ustar); links and names in extended headers are skipped.
 * @returns the names of those that were written @throws if it is not such an archive
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

/** Bytes of a stream in the portions that a reader asks for. */
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

const END_BYTES = 22 + 65_535;

/**
 * Write some files of a zip archive (APPNOTE 6.3, without ZIP64), such as a Python wheel.
 * @returns the names of those that were written @throws if it is not such an archive
 */
export async function unpackZip(archive: string, target: UnpackTarget): Promise<string[]> {
  const handle = await open(archive, 'r');
  try {
    const written: string[] = [];
    for (const entry of await readDirectory(handle)) {
      const path = target(entry.name);
      if (path === null) continue;
      await writeEntry(archive, await dataOffset(handle, entry), entry, path);
      written.push(entry.name);
    }
    return written;
  } finally {
    await handle.close();
  }
}

interface ZipEntry {
  readonly name: string;
  /** 0: stored, 8: deflated. */
  readonly method: number;
  readonly packedBytes: number;
  readonly headerOffset: number;
}

async function readDirectory(handle: FileHandle): Promise<ZipEntry[]> {
  const { size } = await handle.stat();
  const tail = await read(handle, Math.max(0, size - END_BYTES), Math.min(size, END_BYTES));
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0) throw new Error('it is not a zip archive');
  const count = tail.readUInt16LE(end + 10);
  const directory = await read(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  for (let i = 0, at = 0; i < count; i += 1) {
    if (directory.readUInt32LE(at) !== 0x02014b50) throw new Error('the directory of the zip archive is damaged');
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      packedBytes: directory.readUInt32LE(at + 20),
      headerOffset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The local header has its own lengths of name and extra field. */
async function dataOffset(handle: FileHandle, { headerOffset }: ZipEntry): Promise<number> {
  const header = await read(handle, headerOffset, 30);
  return headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function writeEntry(archive: string, start: number, { method, packedBytes }: ZipEntry, path: string) {
  if (method !== 0 && method !== 8) throw new Error(`the zip archive has a file packed with method ${method}`);
  if (packedBytes === 0) return pipeline(Readable.from([]), createWriteStream(path));
  const packed = createReadStream(archive, { start, end: start + packedBytes - 1, highWaterMark: 1024 * 1024 });
  if (method === 0) return pipeline(packed, createWriteStream(path));
  return pipeline(packed, createInflateRaw(), createWriteStream(path));
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position });
  if (bytesRead < length) throw new Error('the archive ends too early');
  return buffer;
}
