import { extname } from 'node:path';
import { openDataset } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { parseJson } from '@shadow-gate/platform/json';
import {
  floatColumns,
  type ParquetSource,
  type ParquetValue,
  parquetBytes,
  readParquet,
} from '@shadow-gate/platform/parquet';
import {
  isDict,
  isList,
  type PythonDict,
  PythonFloat,
  type PythonValue,
  parsePythonJson,
  pythonNumber,
} from '@shadow-gate/python';
import { decodeProbeText, readLines, readProbeBytes } from '../../files/formats/lines.ts';
import { readTable } from './csv.ts';

export interface Documents {
  readonly documents: readonly PythonDict[];
  /** Address of a data set on a hub with its commit, if the given address can move. */
  readonly pinned: string | null;
  /** Its address with the commit; null for files. */
  readonly source: string | null;
}

/** Whether a column is needed: a data set may have pictures next to its questions. */
export type IsNeeded = (column: string) => boolean;

const HINT = 'give JSON, JSONL, CSV, TSV or parquet, or samples_TASK_DATE.jsonl of lm-evaluation-harness';

/** With Python's types; harness samples have documents by `doc_id`. @throws UserError with a bad line */
export async function readDocumentFile(path: string, name: string, isNeeded: IsNeeded): Promise<Documents> {
  return { documents: await documentsOf(await readProbeBytes(path), name, isNeeded), pinned: null, source: null };
}

function documentsOf(bytes: Buffer, name: string, isNeeded: IsNeeded): PythonDict[] | Promise<PythonDict[]> {
  switch (extname(name).toLowerCase()) {
    case '.jsonl':
    case '.ndjson':
      return linesOf(bytes, name);
    case '.json': {
      const text = decodeProbeText(bytes, name);
      // The harness takes a list, and one document on each line.
      return text.trimStart().startsWith('[') ? listOf(text, name) : linesOf(bytes, name);
    }
    case '.csv':
      return readTable(decodeProbeText(bytes, name), name, ',');
    case '.tsv':
      return readTable(decodeProbeText(bytes, name), name, '\t');
    case '.parquet':
      return rowsOf([parquetBytes(bytes, name)], isNeeded);
    default:
      throw new UserError(`${name} does not have the file extension of documents`, HINT);
  }
}

/** The documents of a split on a hub, `hf://datasets/org/name/config/split`. */
export async function readHubDocuments(address: string, isNeeded: IsNeeded): Promise<Documents> {
  const { files, source, moves } = await openDataset(address);
  return { documents: await rowsOf(files, isNeeded), source, pinned: moves ? source : null };
}

function linesOf(bytes: Buffer, name: string): PythonDict[] {
  const rows: PythonDict[] = [];
  for (const { number, text } of readLines(bytes, name)) {
    if (text.trim() !== '') rows.push(documentOf(text, `${name}:${number}`));
  }
  const samples = rows.flatMap(sampleOf);
  return rows.length > 0 && samples.length === rows.length ? byId(samples, name) : asColumns(rows, name);
}

function documentOf(text: string, where: string): PythonDict {
  parseJson(text, { name: where, hint: HINT });
  const value = parsePythonJson(text);
  if (!isDict(value)) throw new UserError(`${where}: not a JSON object`, HINT);
  return value;
}

function listOf(text: string, name: string): PythonDict[] {
  parseJson(text, { name, hint: HINT });
  const value = parsePythonJson(text);
  if (!isList(value) || !value.every(isDict)) throw new UserError(`${name} is no list of JSON objects`, HINT);
  return asColumns(value, name);
}

/** The id and the document of a sample; none for other rows. */
function sampleOf(row: PythonDict): [id: number, document: PythonDict][] {
  const [id, document] = [row.get('doc_id'), row.get('doc')];
  const isSample = typeof id === 'number' && document !== undefined && isDict(document) && row.has('resps');
  return isSample ? [[id, document]] : [];
}

/** A document has a line for each filter. None may be missing: few-shot examples depend on those before. */
function byId(samples: readonly (readonly [number, PythonDict])[], name: string): PythonDict[] {
  const found = new Map(samples);
  const ids = [...found.keys()].sort((a, b) => a - b);
  const missing = ids.findIndex((id, i) => id !== i);
  if (missing !== -1) throw new UserError(`${name}: document ${missing} is missing`, 'give the samples of a whole run');
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function rowsOf(files: readonly ParquetSource[], isNeeded: IsNeeded): Promise<PythonDict[]> {
  const rows: PythonDict[] = [];
  for (const file of files) {
    const floats = await floatColumns(file);
    const columns = (names: readonly string[]) => names.filter(isNeeded);
    for (const row of await readParquet(file, { columns })) {
      rows.push(new Map(Object.entries(row).map(([name, value]) => [name, toPython(value, name, floats)])));
    }
  }
  return rows;
}

function toPython(value: ParquetValue, path: string, floats: ReadonlySet<string>): PythonValue {
  if (typeof value === 'number') return floats.has(path) ? new PythonFloat(value) : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: ParquetValue) => toPython(item, path, floats));
  return new Map(Object.entries(value).map(([name, item]) => [name, toPython(item, `${path}.${name}`, floats)]));
}

/** pyarrow reads these as dates. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[-+]\d{2}(?::?\d{2})?)?)?$/;

/**
 * As in `datasets`, all have all fields, missing ones are None, and a column with a float has only floats.
 * @throws UserError for a column of texts that would all be dates there
 */
function asColumns(documents: readonly PythonDict[], file: string): PythonDict[] {
  const rows = unify(documents);
  for (const name of rows[0] === undefined || !isDict(rows[0]) ? [] : rows[0].keys()) {
    const values = rows.flatMap((row) => (row !== null && isDict(row) ? [row.get(name) ?? null] : []));
    const texts = values.filter((value) => value !== null);
    if (texts.length > 0 && texts.every((text) => typeof text === 'string' && MOMENT.test(text))) {
      throw new UserError(
        `${file}: all values of ${String(name)} are dates, which the harness does not read as text`,
        'give the documents as samples of the harness, or write the dates in another way',
      );
    }
  }
  return rows as PythonDict[];
}

function unify(values: readonly PythonValue[]): PythonValue[] {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return [...values];
  if (present.every(isDict)) return unifyDicts(values as readonly (PythonDict | null)[]);
  if (present.every(isList)) return unifyLists(values as readonly (readonly PythonValue[] | null)[]);
  const isNumber = (value: PythonValue) => typeof value === 'number' || value instanceof PythonFloat;
  if (!present.every(isNumber) || !present.some((value) => value instanceof PythonFloat)) return [...values];
  return values.map((value) => (value === null ? null : new PythonFloat(pythonNumber(value) ?? Number.NaN)));
}

function unifyDicts(rows: readonly (PythonDict | null)[]): PythonValue[] {
  const names = new Set(rows.flatMap((row) => (row === null ? [] : [...row.keys()])));
  const columns = new Map([...names].map((name) => [name, unify(rows.map((row) => row?.get(name) ?? null))]));
  return rows.map((row, i) =>
    row === null ? null : new Map([...columns].map(([name, column]) => [name, column[i] ?? null])),
  );
}

function unifyLists(rows: readonly (readonly PythonValue[] | null)[]): PythonValue[] {
  const all = unify(rows.flatMap((row) => row ?? []));
  let start = 0;
  return rows.map((row) => {
    if (row === null) return null;
    start += row.length;
    return all.slice(start - row.length, start);
  });
}
