import { extname } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { parquetBytes } from '@shadow-gate/platform/parquet';
import { type FieldNames, questionFields } from '../fields/field-names.ts';
import type { ProbeRecord } from '../fields/records.ts';
import { readCsv } from './csv.ts';
import { readJsonRecords } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readLines, readProbeBytes } from './lines.ts';
import { readParquetRecords } from './parquet.ts';

interface Reader {
  readonly read: (
    bytes: Buffer,
    file: string,
    fields: FieldNames | undefined,
    slices: readonly string[] | undefined,
  ) => readonly ProbeRecord[] | Promise<readonly ProbeRecord[]>;
  /** Whether values are cells, which have no type. */
  readonly cells: boolean;
}

const JSONL: Reader = {
  read: (bytes, file) => (isList(bytes) ? readJsonRecords(bytes, file) : readJsonl(readLines(bytes, file), file)),
  cells: false,
};

/** Version 0.4.2 of lm-evaluation-harness writes one list over many lines and calls the file `.jsonl`. */
function isList(bytes: Buffer): boolean {
  return /^\[\s*(\n|$)/.test(bytes.toString('latin1', 0, 16));
}

function table(delimiter: ',' | '\t'): Reader {
  return {
    read: (bytes, file, fields) => readCsv(readLines(bytes, file), file, { delimiter, fields: questionFields(fields) }),
    cells: true,
  };
}

const READERS: Readonly<Record<string, Reader>> = {
  '.jsonl': JSONL,
  '.ndjson': JSONL,
  '.json-lines': JSONL,
  '.json': { read: readJsonRecords, cells: false },
  '.csv': table(','),
  '.tsv': table('\t'),
  '.parquet': {
    read: (bytes, file, fields, slices) => readParquetRecords([parquetBytes(bytes, file)], file, fields, slices),
    cells: false,
  },
};

const TEMPLATES: readonly string[] = ['.yaml', '.yml'];

export function hasTemplates(path: string): boolean {
  return TEMPLATES.includes(extname(path).toLowerCase());
}

/** By extension. @throws UserError for mistakes, or with a command that converts another format */
export async function readFileRecords(
  path: string,
  fields: FieldNames | undefined,
  slices?: readonly string[],
): Promise<{ readonly records: readonly ProbeRecord[]; readonly cells: boolean }> {
  const reader = READERS[extname(path).toLowerCase()];
  if (!reader) {
    const command = conversionOf(path);
    throw new UserError(
      `${path} does not have the file extension of a probe file`,
      command === null ? `use one of ${[...Object.keys(READERS), ...TEMPLATES].join(', ')}` : `convert it: ${command}`,
    );
  }
  return { records: await reader.read(await readProbeBytes(path), path, fields, slices), cells: reader.cells };
}

/** Commands that convert other formats. FILE stands for the name without its extension. */
const CONVERSIONS: Readonly<Record<string, string>> = {
  '.arrow': `python -c "import datasets; datasets.Dataset.from_file('FILE.arrow').to_json('FILE.jsonl')"`,
  '.feather': withPandas('read_feather', 'feather'),
  '.orc': withPandas('read_orc', 'orc'),
  '.xlsx': withPandas('read_excel', 'xlsx'),
  '.xls': withPandas('read_excel', 'xls'),
  '.gz': 'gunzip FILE.gz',
  '.bz2': 'bunzip2 FILE.bz2',
  '.xz': 'unxz FILE.xz',
  '.zst': 'unzstd FILE.zst',
  '.zip': 'unzip FILE.zip',
};

function withPandas(reader: string, extension: string): string {
  return `python -c "import pandas; pandas.${reader}('FILE.${extension}').to_json('FILE.jsonl', orient='records', lines=True)"`;
}

/** Names that need no quotes in a shell nor in Python. */
const PLAIN_NAME = /^[\w./-]+$/;

/** The command with the file's name if that is plain; null for formats without one. */
function conversionOf(path: string): string | null {
  const extension = extname(path);
  const command = CONVERSIONS[extension.toLowerCase()];
  if (command === undefined) return null;
  const stem = path.slice(0, -extension.length);
  return PLAIN_NAME.test(path) && extension === extension.toLowerCase()
    ? command.replaceAll('FILE', () => stem)
    : command;
}
