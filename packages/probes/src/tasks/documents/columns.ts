import { UserError } from '@shadow-gate/platform';
import { isDict, isList, type PythonDict, PythonFloat, type PythonValue, pythonNumber } from '@shadow-gate/python';

/** What pyarrow takes for a moment. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[-+]\d{2}(?::?\d{2})?)?)?$/;

/**
 * Documents of a JSON file as `datasets` has them: all have all fields, missing ones are None, and a column with a
 * float has floats only.
 * @throws UserError for a column of texts that would all be dates there
 */
export function asColumns(documents: readonly PythonDict[], file: string): PythonDict[] {
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
