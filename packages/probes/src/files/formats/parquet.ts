import { UserError } from '@shadow-gate/platform';
import { type ParquetSource, readParquet } from '@shadow-gate/platform/parquet';
import { type FieldNames, OWN_FIELDS, questionFields } from '../fields/field-names.ts';
import { isKnownField } from '../fields/known-fields.ts';
import { type ProbeRecord, quote } from '../fields/records.ts';
import { PAIRED_NAMES } from '../paired/paired-record.ts';
import { MAX_PROBE_FILE_BYTES, MAX_RECORDS } from './lines.ts';

/** Rows have all columns: null is a missing field, unless the row would have another format without it. */
const KEPT_WHEN_NULL: ReadonlySet<string> = new Set(['question', 'prompt', 'form']);

/**
 * Records of consecutive files, counted from 1. Unneeded columns are not read: they may be pictures.
 * @throws UserError for another file, and for a mapped field without a column
 */
export async function readParquetRecords(
  files: readonly ParquetSource[],
  name: string,
  fields: FieldNames | undefined,
  slices: readonly string[] = [],
): Promise<ProbeRecord[]> {
  const records: ProbeRecord[] = [];
  const columns = (names: readonly string[]) => {
    const needed = new Set(neededColumns(names, fields, name));
    return names.filter((column) => needed.has(column) || slices.some((path) => leadsInto(path, column)));
  };
  for (const file of files) {
    const limits = { rows: MAX_RECORDS - records.length, bytes: MAX_PROBE_FILE_BYTES };
    for (const row of await readParquet(file, { columns, limits })) {
      const line = records.length + 1;
      const present = Object.entries(row).filter(([key, value]) => value !== null || KEPT_WHEN_NULL.has(key));
      records.push({ line, where: `${name}: row ${line}`, fields: Object.fromEntries(present) });
    }
  }
  return records;
}

function neededColumns(names: readonly string[], fields: FieldNames | undefined, file: string): readonly string[] {
  const known = names.filter((name) => isKnownField(name) || PAIRED_NAMES.includes(name));
  const needed = new Set<string>(questionFields(fields) ? OWN_FIELDS : known.length > 0 ? known : names);
  for (const [key, value] of Object.entries(fields ?? {})) {
    for (const path of [value ?? []].flat()) {
      const roots = names.filter((name) => leadsInto(path, name));
      if (roots.length === 0) {
        throw new UserError(
          `${file}: fields.${key}: no column for ${quote(path)}`,
          `it has ${quote(names.join(', '))}`,
        );
      }
      for (const root of roots) needed.add(root);
    }
  }
  return names.filter((name) => needed.has(name));
}

/** Whether a path is or begins with the name of a column, or names texts that have their labels in the column. */
function leadsInto(path: string, column: string): boolean {
  return path === column || path.startsWith(`${column}.`) || path.replace(/\.text$/, '.label') === column;
}
