import { basename, dirname } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type FileMetaData, parquetMetadata, parquetRead, parquetSchema, type SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { at } from './at.ts';
import { LFS_MAGIC, lfsPointerError } from './git-lfs.ts';
import { PARSERS, type ParquetValue, plainValue } from './parquet-values.ts';
import { openResolved, resolveInside } from './resolve-inside.ts';
import { UserError } from './user-error.ts';

export type { ParquetValue } from './parquet-values.ts';

/** One row: its columns by name. A missing value is null. */
export type ParquetRow = Readonly<Record<string, ParquetValue>>;

/** Bytes that are read in ranges: a file, a buffer, or an address of a hub. */
export interface ParquetSource {
  /** What errors call it. */
  readonly name: string;
  readonly byteLength: number;
  /** The bytes `start ≤ byte < end`, exactly as many. */
  readonly slice: (start: number, end?: number) => ArrayBuffer | Promise<ArrayBuffer>;
}

export interface ParquetLimits {
  /** Most rows. */
  readonly rows: number;
  /** Most bytes of the columns that are read, without compression. */
  readonly bytes: number;
}

/** All of MMLU has 14,042 rows and 7 MB. The rows of a file are in memory together. */
export const PARQUET_LIMITS: ParquetLimits = { rows: 1_000_000, bytes: 768 * 1024 * 1024 };

export interface ParquetOptions {
  /** Names of columns, or a choice of those that the file has; the others are not read. All if missing. */
  readonly columns?: readonly string[] | ((names: readonly string[]) => readonly string[]);
  readonly limits?: ParquetLimits;
}

/** How pandas, which hubs use too, writes a parquet file that is not read here as JSONL. */
const CONVERT =
  "write it again: python -c \"import pandas; pandas.read_parquet('FILE.parquet').to_json('FILE.jsonl', orient='records', lines=True)\"";

/**
 * The rows of a parquet file, in order. Row groups are read one after another, and of each only the ranges of its columns.
 * Compressed with Snappy, gzip, zstd, Brotli or LZ4, or not at all.
 * @throws UserError for a file that is no parquet, is truncated, damaged, encrypted or too large, and for a column that is
 *   not there; errors of the source pass
 */
export async function readParquet(source: ParquetSource, options: ParquetOptions = {}): Promise<ParquetRow[]> {
  const { limits = PARQUET_LIMITS } = options;
  const metadata = await readMetadata(source);
  const columns = columnsOf(metadata, source.name, options.columns);
  checkSize(metadata, { name: source.name, columns, limits });
  const rows: ParquetRow[] = [];
  for (const { num_rows } of metadata.row_groups) {
    const start = rows.length;
    const end = start + Number(num_rows);
    if (start === end) continue;
    const values = await readColumns(source, metadata, { columns, start, end });
    for (let i = 0; i < end - start; i++) {
      rows.push(Object.fromEntries(columns.map((name, j) => [name, plainValue(at(values, j)[i])])));
    }
  }
  return rows;
}

/**
 * The rows of a local file.
 * @throws UserError as {@link readParquet} does, and for a file that is not there or is a link out of its folder
 */
export async function readParquetFile(path: string, options: ParquetOptions = {}): Promise<ParquetRow[]> {
  const real = await resolveInside(dirname(path), basename(path));
  if (real === null) throw new UserError(`${path} does not exist`, 'give the path of a parquet file');
  const handle = await openResolved(real);
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new UserError(`${path} is not a regular file`, 'give the path of a parquet file');
    const slice = async (start: number, end = info.size) => {
      const bytes = new ArrayBuffer(Math.max(0, end - start));
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesRead } = await handle.read(new Uint8Array(bytes), done, bytes.byteLength - done, start + done);
        if (bytesRead === 0) throw new UserError(`${path} changed while it was read`, 'run again when it is complete');
        done += bytesRead;
      }
      return bytes;
    };
    return await readParquet({ name: path, byteLength: info.size, slice }, options);
  } finally {
    await handle.close();
  }
}

/** A file that is in memory. */
export function parquetBytes(bytes: Uint8Array, name: string): ParquetSource {
  const slice = (start: number, end = bytes.byteLength) => Uint8Array.from(bytes.subarray(start, end)).buffer;
  return { name, byteLength: bytes.byteLength, slice };
}

const MAGIC = 'PAR1';
/** In place of the magic number, if the footer is encrypted too. */
const ENCRYPTED_MAGIC = 'PARE';
/** Length of the footer and magic number. */
const END_BYTES = 8;
/** Most footers fit into this many bytes, which are one request. */
const FIRST_BYTES = 64 * 1024;
/** A footer lists every column of every row group. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;

async function readMetadata(source: ParquetSource): Promise<FileMetaData> {
  const { name, byteLength } = source;
  const tail = Buffer.from(await source.slice(Math.max(0, byteLength - FIRST_BYTES), byteLength));
  const magic = tail.toString('latin1', Math.max(0, tail.length - MAGIC.length));
  if (magic === ENCRYPTED_MAGIC) throw encrypted(name);
  if (magic !== MAGIC || tail.length < MAGIC.length + END_BYTES) throw await notParquet(source, tail);
  const length = tail.readUInt32LE(tail.length - END_BYTES) + END_BYTES;
  if (length > byteLength || length > MAX_FOOTER_BYTES) throw damaged(name, `its footer has ${length} bytes`);
  const footer =
    length <= tail.length ? tail.subarray(tail.length - length) : await source.slice(byteLength - length, byteLength);
  const metadata = reading(name, () => parquetMetadata(footer, { parsers: PARSERS, geoparquet: false }));
  if (metadata.row_groups.some(({ columns }) => columns.some((column) => column.crypto_metadata)))
    throw encrypted(name);
  expectColumns(metadata, name);
  return metadata;
}

/**
 * Every group has the columns of the schema. Where it does not, hyparquet throws with other columns on their way, and nothing
 * would catch their errors.
 */
function expectColumns(metadata: FileMetaData, name: string): void {
  const leaves = new Set(leavesOf(reading(name, () => parquetSchema(metadata))));
  const paths = metadata.row_groups.flatMap(({ columns }) => columns.flatMap(({ meta_data: of }) => of ?? []));
  const stray = paths.find(({ path_in_schema: path }) => !leaves.has(JSON.stringify(path)));
  if (stray) throw damaged(name, `column ${JSON.stringify(stray.path_in_schema.join('.'))} is not in its schema`);
}

function leavesOf({ path, children }: SchemaTree): string[] {
  return children.length === 0 ? [JSON.stringify(path)] : children.flatMap(leavesOf);
}

async function notParquet(source: ParquetSource, tail: Buffer): Promise<UserError> {
  const { name, byteLength } = source;
  if (byteLength === 0) return new UserError(`${name} is empty`, 'write or download it again');
  const head = Buffer.from(await source.slice(0, Math.min(byteLength, LFS_MAGIC.length))).toString('latin1');
  if (head === LFS_MAGIC) return lfsPointerError(name);
  if (!head.startsWith(MAGIC)) {
    return new UserError(`${name} is not a parquet file: it does not begin with ${MAGIC}`, 'check the path');
  }
  const end = tail.every((byte) => byte === 0) ? 'it ends with zeros' : `it does not end with ${MAGIC}`;
  return new UserError(`${name} is incomplete: ${end}`, 'write or download it again');
}

function encrypted(name: string): UserError {
  return new UserError(`${name} is encrypted`, 'write it again without encryption');
}

function damaged(name: string, what: string): UserError {
  return new UserError(`${name} cannot be read as parquet: ${what}`, CONVERT);
}

/** What hyparquet throws is about the file; an error of the source, which a user can understand already, passes. */
function explained(error: unknown, name: string): unknown {
  const isOfSource = error instanceof UserError || (error as NodeJS.ErrnoException).syscall !== undefined;
  if (isOfSource || !(error instanceof Error)) return error;
  return damaged(name, error.message.replace(/\p{Cc}+/gu, ' '));
}

function reading<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explained(error, name);
  }
}

/** The names of the columns to read, in the order of the file. */
function columnsOf(metadata: FileMetaData, name: string, columns: ParquetOptions['columns']): readonly string[] {
  const names = reading(name, () => parquetSchema(metadata).children.map(({ element }) => element.name));
  const repeated = names.find((column, i) => names.indexOf(column) !== i);
  if (repeated !== undefined) {
    throw new UserError(`${name} has the column ${JSON.stringify(repeated)} twice`, 'use each name once');
  }
  const wanted = typeof columns === 'function' ? columns(names) : columns;
  const absent = wanted?.find((column) => !names.includes(column));
  if (absent !== undefined) {
    throw new UserError(`${name} has no column ${JSON.stringify(absent)}`, `it has ${names.join(', ')}`);
  }
  return wanted === undefined ? names : names.filter((column) => wanted.includes(column));
}

function checkSize(
  { row_groups: groups }: FileMetaData,
  {
    name,
    columns,
    limits,
  }: { readonly name: string; readonly columns: readonly string[]; readonly limits: ParquetLimits },
): void {
  const rows = groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  if (groups.some(({ num_rows }) => num_rows < 0n)) throw damaged(name, 'a row group has fewer than no rows');
  if (rows > limits.rows) {
    throw new UserError(`${name} has ${rows} rows, and at most ${limits.rows} are read`, 'use a part of it');
  }
  const bytes = groups
    .flatMap((group) => group.columns)
    .filter(({ meta_data: of }) => of === undefined || columns.includes(of.path_in_schema[0] ?? ''))
    .reduce((sum, { meta_data: of }) => sum + Number(of?.total_uncompressed_size ?? 0), 0);
  if (bytes > limits.bytes) {
    const [own, most] = [bytes, limits.bytes].map((count) => `${Math.ceil(count / 2 ** 20)} MiB`);
    throw new UserError(`${name} has ${own} without compression, and at most ${most} are read`, 'use a part of it');
  }
}

/**
 * Some rows of some columns, column by column.
 * @throws UserError where a column has another number of values than the group has rows, as in a damaged file
 */
async function readColumns(
  source: ParquetSource,
  metadata: FileMetaData,
  { columns, start, end }: { readonly columns: readonly string[]; readonly start: number; readonly end: number },
): Promise<ReadonlyArray<readonly unknown[]>> {
  const values = new Map<string, unknown[]>(columns.map((name) => [name, []]));
  try {
    await parquetRead({
      file: { byteLength: source.byteLength, slice: source.slice },
      metadata,
      columns: [...columns],
      rowStart: start,
      rowEnd: end,
      compressors: COMPRESSORS,
      parsers: PARSERS,
      geoparquet: false,
      onChunk: ({ columnName, columnData }) => {
        const of = values.get(columnName);
        for (const value of columnData) of?.push(value);
      },
    });
  } catch (error) {
    throw explained(error, source.name);
  }
  const lists = [...values];
  const wrong = lists.find(([, of]) => of.length !== end - start);
  if (wrong === undefined) return lists.map(([, of]) => of);
  const [column, { length }] = wrong;
  throw damaged(source.name, `column ${JSON.stringify(column)} has ${length} values for ${end - start} rows`);
}

/** Of the codecs that Node has, its own: they are native, and stop at the length that the page announces. */
const COMPRESSORS: typeof compressors = {
  ...compressors,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};
