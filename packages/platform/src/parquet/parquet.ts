import { basename, dirname } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type ColumnMetaData, type FileMetaData, parquetRead, parquetSchema, type RowGroup } from 'hyparquet';
import type { compressors } from 'hyparquet-compressors';
import { at } from '../at.ts';
import { openResolved, resolveInside } from '../files/resolve-inside.ts';
import { UserError } from '../user-error.ts';
import { damaged, explained, reading } from './parquet-errors.ts';
import { type ParquetSource, readParquetMetadata } from './parquet-footer.ts';
import { type ColumnChunk, checkPages, columnChunk } from './parquet-pages.ts';
import { PARSERS, type ParquetValue, plainValue } from './parquet-values.ts';

/** One row: its columns by name. A missing value is null. */
type ParquetRow = Readonly<Record<string, ParquetValue>>;

interface ParquetLimits {
  readonly rows: number;
  /** Most bytes of the columns that are read, without compression. */
  readonly bytes: number;
  /** Most values of these columns, the elements of lists included; 50 for each row, and 10 million, if missing. */
  readonly values?: number;
}

/** All of MMLU has 14,042 rows and 7 MB. The rows of a file are in memory together. */
const PARQUET_LIMITS: ParquetLimits = { rows: 1_000_000, bytes: 768 * 1024 * 1024 };

/** Twice those of a multiple-choice question with texts and labels of ten options. */
const VALUES_PER_ROW = 50;
/** A run of a few bytes can have them all, and each takes fifty bytes in memory. */
const MAX_VALUES = 10_000_000;

interface ParquetOptions {
  /** Names of the columns to read, or a choice among those of the file; all if missing. */
  readonly columns?: readonly string[] | ((names: readonly string[]) => readonly string[]);
  readonly limits?: ParquetLimits;
}

/**
 * The rows of a parquet file, in order: row group by row group, and only the ranges of the columns.
 * @throws UserError for a file that is not parquet, truncated, damaged, encrypted or too large, and for a missing
 * column; errors of the source pass
 */
export async function readParquet(source: ParquetSource, options: ParquetOptions = {}): Promise<ParquetRow[]> {
  const { limits = PARQUET_LIMITS } = options;
  const metadata = await readParquetMetadata(source);
  const columns = columnsOf(metadata, source.name, options.columns);
  reading(source.name, () => checkSize(metadata, { name: source.name, columns, limits }));
  const codecs = await loadCodecs();
  // For all columns together: a footer may announce less than the pages contain.
  let left = limits.bytes;
  const check = (pages: DataView, chunk: ColumnChunk) => {
    left -= checkPages(pages, chunk, { compressors: codecs, bytes: left });
  };
  const rows: ParquetRow[] = [];
  for (const group of metadata.row_groups) {
    const start = rows.length;
    const end = start + Number(group.num_rows);
    if (start === end) continue;
    const chunks = reading(source.name, () => {
      const schema = parquetSchema(metadata);
      return columnsIn(group, columns).map((column) => columnChunk(column, schema));
    });
    const values = await readColumns(withChecks(source, chunks, check), metadata, { columns, codecs, start, end });
    for (let i = 0; i < end - start; i++) {
      rows.push(Object.fromEntries(columns.map((name, j) => [name, plainValue(at(values, j)[i])])));
    }
  }
  return rows;
}

/** The rows of a local file. @throws UserError as {@link readParquet}, and for a missing file or a link to elsewhere */
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

export function parquetBytes(bytes: Uint8Array, name: string): ParquetSource {
  const slice = (start: number, end = bytes.byteLength) => Uint8Array.from(bytes.subarray(start, end)).buffer;
  return { name, byteLength: bytes.byteLength, slice };
}

function columnsOf(metadata: FileMetaData, name: string, columns: ParquetOptions['columns']): readonly string[] {
  const names = reading(name, () => parquetSchema(metadata).children.map(({ element }) => element.name));
  const seen = new Set<string>();
  const repeated = names.find((column) => seen.size === seen.add(column).size);
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
  { name, columns, limits }: Readonly<{ name: string; columns: readonly string[]; limits: ParquetLimits }>,
): void {
  const rows = groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  if (groups.some(({ num_rows }) => num_rows < 0n)) throw damaged(name, 'a row group has fewer than no rows');
  if (rows > limits.rows) {
    throw new UserError(`${name} has ${rows} rows, and at most ${limits.rows} are read`, 'use a part of it');
  }
  const read = groups.flatMap((group) => columnsIn(group, columns));
  const most = limits.values ?? Math.min(MAX_VALUES, VALUES_PER_ROW * limits.rows);
  const values = read.reduce((sum, of) => sum + Number(of.num_values), 0);
  if (values > most || read.some((of) => of.num_values < 0n)) {
    throw new UserError(`${name} has ${values} values, and at most ${most} are read`, 'use a part of it');
  }
  const bytes = read.reduce((sum, of) => sum + Number(of.total_uncompressed_size), 0);
  if (bytes > limits.bytes) {
    const [own, most] = [bytes, limits.bytes].map((count) => `${Math.ceil(count / 2 ** 20)} MiB`);
    throw new UserError(`${name} has ${own} without compression, and at most ${most} are read`, 'use a part of it');
  }
}

function columnsIn({ columns: all }: RowGroup, columns: readonly string[]): ColumnMetaData[] {
  return all.flatMap(({ meta_data: of }) => (of && columns.includes(of.path_in_schema[0] ?? '') ? [of] : []));
}

/** The source, with a check of the pages before they are unpacked. Requests are for one or several whole columns. */
function withChecks(
  source: ParquetSource,
  chunks: readonly ColumnChunk[],
  check: (pages: DataView, chunk: ColumnChunk) => void,
): ParquetSource {
  const read = async (start: number, end: number) => {
    const bytes = await source.slice(start, end);
    for (const chunk of chunks) {
      if (chunk.start < start || chunk.end > end) continue;
      check(new DataView(bytes, chunk.start - start, chunk.end - chunk.start), chunk);
    }
    return bytes;
  };
  const slice = (start: number, end = source.byteLength) => {
    const bytes = read(start, end);
    // Ranges are requested together: after the first error, the others are not awaited.
    bytes.catch(() => {});
    return bytes;
  };
  return { ...source, slice };
}

/** Rows of some columns, column by column. @throws UserError if a column has not one value for each row */
async function readColumns(
  source: ParquetSource,
  metadata: FileMetaData,
  { columns, codecs, start, end }: Readonly<{ columns: readonly string[]; codecs: Codecs; start: number; end: number }>,
): Promise<ReadonlyArray<readonly unknown[]>> {
  const values = new Map<string, unknown[]>(columns.map((name) => [name, []]));
  try {
    await parquetRead({
      file: { byteLength: source.byteLength, slice: source.slice },
      metadata,
      columns: [...columns],
      rowStart: start,
      rowEnd: end,
      compressors: codecs,
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

type Codecs = typeof compressors;

/** One codec is WebAssembly, which may exceed a memory limit. Node's GZIP and BROTLI stop at the given length. */
async function loadCodecs(): Promise<Codecs> {
  const { compressors: all } = await import('hyparquet-compressors');
  return {
    ...all,
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  };
}
