import type { ColumnMetaData, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import type { compressors as Compressors } from 'hyparquet-compressors';

/** The values of one column in one row group, in consecutive pages. */
export interface ColumnChunk {
  /** `start ≤ byte < end` of the file. */
  readonly start: number;
  readonly end: number;
  /** Values that the footer announces; of lists, those of all elements. */
  readonly values: number;
  readonly codec: ColumnMetaData['codec'];
  /** The highest repetition and definition levels of a value; 0 where there are none. */
  readonly levels: readonly [repetition: number, definition: number];
}

/** @throws Error for a column that is not in the schema */
export function columnChunk(metadata: ColumnMetaData, schema: SchemaTree): ColumnChunk {
  const { dictionary_page_offset, data_page_offset, total_compressed_size, num_values, codec } = metadata;
  const path = getTreePath(schema, metadata.path_in_schema);
  const start = Number(dictionary_page_offset || data_page_offset);
  const end = start + Number(total_compressed_size);
  const levels = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)] as const;
  return { start, end, values: Number(num_values), codec, levels };
}

interface PageLimits {
  readonly compressors: typeof Compressors;
  /** Most bytes of the pages of a column without compression. */
  readonly bytes: number;
}

/**
 * Check the pages of a column before they are read: the reader allocates as many values as pages and runs announce.
 * @returns their bytes without compression @throws Error for pages that announce more than there is
 */
export function checkPages(bytes: DataView, chunk: ColumnChunk, { compressors, bytes: most }: PageLimits): number {
  const reader = { view: bytes, offset: 0 };
  let [count, unpacked] = [0, 0];
  while (reader.offset < bytes.byteLength - 1) {
    const header = parquetHeader(reader);
    const packed = header.compressed_page_size;
    unpacked += header.uncompressed_page_size;
    if (!(packed >= 0 && packed <= bytes.byteLength - reader.offset))
      throw new Error('a page is longer than its column');
    if (!(header.uncompressed_page_size >= 0 && unpacked <= most)) throw new Error('a page is too large');
    const inPage = valuesOf(header);
    count += inPage;
    if (!(inPage >= 0 && count <= chunk.values)) {
      throw new Error(`pages with ${count} values, and the footer announces ${chunk.values}`);
    }
    checkRuns(new Uint8Array(bytes.buffer, bytes.byteOffset + reader.offset, packed), header, { chunk, compressors });
    reader.offset += packed;
  }
  return unpacked;
}

/** @throws Error for a dictionary with more values than bits: each has one or more */
function valuesOf(header: PageHeader): number {
  const inDictionary = header.dictionary_page_header?.num_values ?? 0;
  if (inDictionary < 0 || inDictionary > 8 * header.uncompressed_page_size) {
    throw new Error('a dictionary has an impossible number of values');
  }
  return header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
}

type Codec = Pick<PageLimits, 'compressors'> & { readonly chunk: ColumnChunk };

/** Levels and indexes are in runs (https://parquet.apache.org/docs/file-format/data-pages/encodings/). */
function checkRuns(page: Uint8Array, header: PageHeader, { chunk, compressors }: Codec): void {
  const { data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size } = header;
  const unpack = (bytes: Uint8Array, length: number) => decompressPage(bytes, length, chunk.codec, compressors);
  if (first) {
    const reader = readerOf(unpack(page, Number(size)));
    for (const level of chunk.levels) if (level > 0) skipLevels(reader, level, first.num_values);
    if (isDictionary(first.encoding)) skipIndexes(reader, first.num_values);
  } else if (second) {
    const lengths = [second.repetition_levels_byte_length, second.definition_levels_byte_length] as const;
    const [repetition, definition] = lengths;
    const reader = readerOf(page);
    if (chunk.levels[0] > 0) skipRuns(reader, widthOf(chunk.levels[0]), second.num_values);
    reader.offset = repetition;
    if (chunk.levels[1] > 0) skipRuns(reader, widthOf(chunk.levels[1]), second.num_values);
    const rest = page.subarray(repetition + definition);
    const length = Number(size) - repetition - definition;
    if (!isDictionary(second.encoding) || length <= 0) return;
    skipIndexes(readerOf(second.is_compressed === false ? rest : unpack(rest, length)), second.num_values);
  }
}

function isDictionary(encoding: string): boolean {
  return encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY';
}

interface Reader {
  readonly view: DataView;
  offset: number;
}

const readerOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Reader => ({
  view: new DataView(buffer, byteOffset, byteLength),
  offset: 0,
});

const widthOf = (level: number) => 32 - Math.clz32(level);

/** In the first version of pages, the length of levels stands before them. */
function skipLevels(reader: Reader, level: number, values: number): void {
  const length = reader.view.getUint32(reader.offset, true);
  const start = reader.offset + 4;
  reader.offset = start;
  skipRuns(reader, widthOf(level), values);
  reader.offset = start + length;
}

/** The number of bits of an index precedes the indexes. A page without values has neither. */
function skipIndexes(reader: Reader, values: number): void {
  if (reader.offset >= reader.view.byteLength) return;
  const width = reader.view.getUint8(reader.offset);
  reader.offset += 1;
  if (width > 0) skipRuns(reader, width, values);
}

/** @param values most values of one run; there may be fewer in all */
function skipRuns(reader: Reader, width: number, values: number): void {
  for (let seen = 0; seen < values && reader.offset < reader.view.byteLength; ) {
    const header = readVarInt(reader);
    const count = header >>> 1;
    if ((header & 1) === 1) {
      // Packed in groups of eight, which take as many bytes as a value has bits.
      seen += 8 * count;
      reader.offset += width * count;
    } else {
      if (count > values) throw new Error(`a run of ${count} among ${values} values`);
      seen += count;
      reader.offset += (width + 7) >> 3;
    }
  }
}
