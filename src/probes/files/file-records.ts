import { extname } from 'node:path';
import { parquetBytes } from '../../platform/parquet/parquet.ts';
import { UserError } from '../../platform/user-error.ts';
import { conversionOf } from './conversions.ts';
import { readCsv } from './csv.ts';
import type { FieldNames } from './field-names.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readBytes, readLines } from './lines.ts';
import { readParquetRecords } from './parquet.ts';
import type { ProbeRecord } from './records.ts';

interface Reader {
  readonly read: (
    bytes: Buffer,
    file: string,
    fields: FieldNames | undefined,
  ) => readonly ProbeRecord[] | Promise<readonly ProbeRecord[]>;
  /** Whether values are cells, which have no type. */
  readonly cells: boolean;
}

const JSONL: Reader = {
  read: (bytes, file) => (isList(bytes) ? readJson(bytes, file) : readJsonl(readLines(bytes, file), file)),
  cells: false,
};

/** Version 0.4.2 of lm-evaluation-harness writes one list over many lines into a file that it calls `.jsonl`. */
function isList(bytes: Buffer): boolean {
  return /^\[\s*(\n|$)/.test(bytes.toString('latin1', 0, 16));
}

function table(delimiter: ',' | '\t'): Reader {
  return { read: (bytes, file, fields) => readCsv(readLines(bytes, file), file, { delimiter, fields }), cells: true };
}

const READERS: Readonly<Record<string, Reader>> = {
  '.jsonl': JSONL,
  '.ndjson': JSONL,
  '.json-lines': JSONL,
  '.json': { read: readJson, cells: false },
  '.csv': table(','),
  '.tsv': table('\t'),
  '.parquet': {
    read: (bytes, file, fields) => readParquetRecords([parquetBytes(bytes, file)], file, fields),
    cells: false,
  },
};

/** Files of templates, instead of records. */
const TEMPLATES: readonly string[] = ['.yaml', '.yml'];

export function hasTemplates(path: string): boolean {
  return TEMPLATES.includes(extname(path).toLowerCase());
}

export interface FileRecords {
  readonly records: readonly ProbeRecord[];
  /** Whether values are cells, which have no type. */
  readonly cells: boolean;
}

/**
 * The records of a file, by its extension.
 * @throws UserError for another extension, with the line that converts the file if there is one, and for mistakes in the file
 */
export async function readFileRecords(path: string, fields: FieldNames | undefined): Promise<FileRecords> {
  const reader = READERS[extname(path).toLowerCase()];
  if (!reader) {
    const command = conversionOf(path);
    throw new UserError(
      `${path} does not have the file extension of a probe file`,
      command === null ? `use one of ${[...Object.keys(READERS), ...TEMPLATES].join(', ')}` : `convert it: ${command}`,
    );
  }
  return { records: await reader.read(await readBytes(path), path, fields), cells: reader.cells };
}
