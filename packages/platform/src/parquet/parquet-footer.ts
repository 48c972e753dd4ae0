import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';
import { isLfsPointer, LFS_MAGIC_BYTES, lfsPointerError } from '../files/git-lfs.ts';
import { UserError } from '../user-error.ts';
import { damaged, reading } from './parquet-errors.ts';
import { PARSERS } from './parquet-values.ts';

/** Bytes read in ranges: a file, a buffer, or an address of a hub. */
export interface ParquetSource {
  readonly name: string;
  readonly byteLength: number;
  /** Exactly the bytes `start ≤ byte < end`. */
  readonly slice: (start: number, end?: number) => ArrayBuffer | Promise<ArrayBuffer>;
}

const MAGIC = 'PAR1';
/** In place of the magic number, if the footer is encrypted, too. */
const ENCRYPTED_MAGIC = 'PARE';
const END_BYTES = 8;
/** Most footers fit into this many bytes: one request. */
const FIRST_BYTES = 64 * 1024;
/** A file on a hub rarely has more than a hundred. */
const MAX_COLUMNS = 10_000;
/** A footer lists every column of every row group. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;

/** The footer of a parquet file. @throws UserError for any other file, and if it is incomplete, damaged or encrypted */
export async function readParquetMetadata(source: ParquetSource): Promise<FileMetaData> {
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
  if (metadata.schema.length > MAX_COLUMNS) throw damaged(name, `it has ${metadata.schema.length} columns`);
  if (metadata.row_groups.some(({ columns }) => columns.some((column) => column.crypto_metadata)))
    throw encrypted(name);
  reading(name, () => expectColumns(metadata, name));
  return metadata;
}

/** Otherwise hyparquet throws while other columns are on their way, and nothing would catch their errors. */
function expectColumns(metadata: FileMetaData, name: string): void {
  const leaves = new Set(leavesOf(reading(name, () => parquetSchema(metadata))));
  const paths = metadata.row_groups.flatMap(({ columns }) => columns.flatMap(({ meta_data: of }) => of ?? []));
  const stray = paths.find(({ path_in_schema: path }) => !leaves.has(JSON.stringify(path)));
  if (stray) throw damaged(name, `column ${JSON.stringify(stray.path_in_schema.join('.'))} is not in its schema`);
}

function leavesOf({ path, children }: SchemaTree): string[] {
  return children.length === 0 ? [JSON.stringify(path)] : children.flatMap(leavesOf);
}

/**
 * Dotted paths of the columns with floats; the items of a list have the path of the list. JavaScript cannot distinguish
 * whole floats from integers. @throws UserError for a file that is not parquet
 */
export async function floatColumns(source: ParquetSource): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const visit = ({ element, children }: SchemaTree, path: readonly string[]): void => {
    const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
    const item = isList ? children[0]?.children[0] : undefined;
    if (item !== undefined) visit(item, path);
    else for (const child of children) visit(child, [...path, child.element.name]);
    if (children.length === 0 && (element.type === 'FLOAT' || element.type === 'DOUBLE')) found.add(path.join('.'));
  };
  visit(parquetSchema(await readParquetMetadata(source)), []);
  return found;
}

async function notParquet(source: ParquetSource, tail: Buffer): Promise<UserError> {
  const { name, byteLength } = source;
  if (byteLength === 0) return new UserError(`${name} is empty`, 'write or download it again');
  const head = Buffer.from(await source.slice(0, Math.min(byteLength, LFS_MAGIC_BYTES))).toString('latin1');
  if (isLfsPointer(head)) return lfsPointerError(name);
  if (!head.startsWith(MAGIC)) {
    return new UserError(`${name} is not a parquet file: it does not begin with ${MAGIC}`, 'check the path');
  }
  const end = tail.every((byte) => byte === 0) ? 'it ends with zeros' : `it does not end with ${MAGIC}`;
  return new UserError(`${name} is incomplete: ${end}`, 'write or download it again');
}

function encrypted(name: string): UserError {
  return new UserError(`${name} is encrypted`, 'write it again without encryption');
}
