import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { UserError } from '../user-error.ts';

/** Limit for an unpacked member: as large as any text. */
const MAX_MEMBER_BYTES = 256 * 2 ** 20;

/** With zstd, larger members have several frames, which do not fit into one buffer. */
const MAX_ZSTD_BYTES = 192 * 2 ** 20;

const MAX_DIRECTORY_BYTES = 128 * 2 ** 20;

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;

/** A bit of the external attributes. */
const MS_DOS_FOLDER = 0x10;

const STORED = 0;
const DEFLATED = 8;
const ZSTD = 93;

export interface ZipMember {
  readonly name: string;
  readonly method: number;
  /** General purpose bit flags (4.4.4). */
  readonly flags: number;
  readonly isFolder: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

/** An open zip archive of any size. Members are read one at a time. */
export interface ZipArchive {
  /** In the order of the directory; names can repeat. */
  readonly members: readonly ZipMember[];
  /** @throws UserError naming archive and member, if it is damaged, too large or packed by another method */
  readonly read: (member: ZipMember) => Promise<Buffer>;
  /** The first byte of a member's data in the file, packed or not. @throws UserError for a damaged member */
  readonly start: (member: ZipMember) => Promise<number>;
  /** `start` of a stored member. @throws UserError for a member that is packed, damaged or cut off */
  readonly locate: (member: ZipMember) => Promise<number>;
}

/**
 * Use a zip archive (PKWARE's APPNOTE 6.3.10, with ZIP64): stored, deflated or zstd, with CRC-32.
 * @param hint what to do about a damaged archive @throws UserError for a file that is not a whole archive
 */
export async function withZip<T>(path: string, hint: string, use: (archive: ZipArchive) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    return await use(await openZip({ handle, path, hint, start: 0, size: (await handle.stat()).size }));
  } finally {
    await handle.close();
  }
}

/** An archive in an open file, with or without other data around it. @throws UserError as `withZip` */
export async function openZip(file: ZipFile): Promise<ZipArchive> {
  const members = await readDirectory(file);
  return {
    members,
    read: (member) => readMember(file, member),
    start: async (member) => file.start + (await dataOffset(file, member)),
    locate: (member) => locateStored(file, member),
  };
}

interface ZipFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly hint: string;
  /** First byte of the archive in the file (offsets count from it), and number of bytes. */
  readonly start: number;
  readonly size: number;
}

async function readDirectory(file: ZipFile): Promise<ZipMember[]> {
  const { count, offset, length } = await findDirectory(file);
  if (length > MAX_DIRECTORY_BYTES) throw damaged(file, 'it has too many members');
  const directory = await readBytes(file, offset, length);
  const members: ZipMember[] = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > length || directory.readUInt32LE(at) !== 0x02014b50) throw damaged(file, 'its directory is damaged');
    const end = at + 46 + directory.readUInt16LE(at + 28);
    const next = end + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (next > length) throw damaged(file, 'its directory is damaged');
    const [bytes = 0, packedBytes = 0, headerOffset = 0] = wideNumbers(
      [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
      directory.subarray(end, end + directory.readUInt16LE(at + 30)),
    );
    members.push({
      name: directory.toString('utf8', at + 46, end),
      method: directory.readUInt16LE(at + 10),
      flags: directory.readUInt16LE(at + 8),
      isFolder: (directory.readUInt32LE(at + 38) & MS_DOS_FOLDER) !== 0,
      crc: directory.readUInt32LE(at + 16),
      packedBytes,
      bytes,
      headerOffset,
    });
    at = next;
  }
  return members;
}

/** Find the directory by the last record of the file or, above 4 GiB, by the record before it. */
async function findDirectory(file: ZipFile): Promise<{ count: number; offset: number; length: number }> {
  const start = Math.max(0, file.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = await readBytes(file, start, file.size - start);
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + END_BYTES > tail.length) throw damaged(file, 'it is not a whole zip archive');
  const narrow = {
    count: tail.readUInt16LE(end + 10),
    length: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return narrow;
  const wide = await readBytes(file, Number(tail.readBigUInt64LE(locator + 8)), 56);
  if (wide.readUInt32LE(0) !== 0x06064b50) throw damaged(file, 'its directory is damaged');
  const [count = 0, length = 0, offset = 0] = [32, 40, 48].map((at) => Number(wide.readBigUInt64LE(at)));
  return { count, length, offset };
}

const IN_EXTRA_FIELD = 0xffff_ffff;

/** The numbers of a header; those beyond 32 bits are in its extra field (type 1), in the same order. */
function wideNumbers(numbers: readonly number[], extra: Buffer): number[] {
  let at = 0;
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== 1) at += 4 + extra.readUInt16LE(at + 2);
  at += 4;
  return numbers.map((number) => {
    if (number !== IN_EXTRA_FIELD || at + 8 > extra.length) return number;
    at += 8;
    return Number(extra.readBigUInt64LE(at - 8));
  });
}

async function readMember(file: ZipFile, member: ZipMember): Promise<Buffer> {
  const { name, bytes, packedBytes, crc, method } = member;
  const most = method === ZSTD ? MAX_ZSTD_BYTES : MAX_MEMBER_BYTES;
  if (bytes > most || packedBytes > most) {
    const size = Math.ceil(Math.max(bytes, packedBytes) / 2 ** 20);
    throw damaged(file, `its member ${name} has ${size} MiB, and at most ${most / 2 ** 20} MiB are read`);
  }
  const packed = await readBytes(file, await dataOffset(file, member), packedBytes);
  const data = await unpack(file, member, packed);
  if (data.length === bytes && crc32(data) === crc) return data;
  throw damaged(file, `its member ${name} is damaged`);
}

/** The local header has its own lengths of name and extra field. */
async function dataOffset(file: ZipFile, { name, headerOffset }: ZipMember): Promise<number> {
  const header = await readBytes(file, headerOffset, 30);
  if (header.readUInt32LE(0) !== 0x04034b50) throw damaged(file, `its member ${name} is damaged`);
  return headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function locateStored(file: ZipFile, member: ZipMember): Promise<number> {
  const { name, bytes, packedBytes, method } = member;
  if (method !== STORED || bytes !== packedBytes) throw damaged(file, `its member ${name} is packed`);
  const offset = await dataOffset(file, member);
  if (!(offset + bytes <= file.size)) throw damaged(file, 'it is cut off');
  return file.start + offset;
}

async function unpack(file: ZipFile, { name, method, bytes }: ZipMember, packed: Buffer): Promise<Buffer> {
  if (method === STORED) return packed;
  if (method !== DEFLATED && method !== ZSTD) {
    throw damaged(file, `its member ${name} is packed by method ${method}, which is not read`);
  }
  try {
    if (method === DEFLATED) return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
    // Loaded only when needed: it has WebAssembly, which may exceed a memory limit.
    const { decompressZstd } = await import('hyparquet-compressors');
    const unpacked = decompressZstd(packed, new Uint8Array(bytes));
    return Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.length);
  } catch {
    throw damaged(file, `its member ${name} is damaged`);
  }
}

async function readBytes(file: ZipFile, position: number, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  if (!(position + length <= file.size)) throw damaged(file, 'it is cut off');
  const { buffer, bytesRead } = await file.handle.read({
    buffer: Buffer.alloc(length),
    position: file.start + position,
  });
  if (bytesRead < length) throw damaged(file, 'it is cut off');
  return buffer;
}

function damaged({ path, hint }: ZipFile, what: string): UserError {
  return new UserError(`${path} cannot be read: ${what}`, hint);
}
