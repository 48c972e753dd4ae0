import { UserError } from '../../platform/user-error.ts';
import { parseListCell } from './list-cell.ts';
import { type ProbeRecord, quote } from './records.ts';

/** Which fields of a file are the question, the choices and the answer, if they have other names. */
export interface FieldNames {
  readonly id?: string | undefined;
  readonly subject?: string | undefined;
  readonly question?: string | undefined;
  /** One field that is a list, or one field for each choice. */
  readonly choices?: string | readonly string[] | undefined;
  readonly answer?: string | undefined;
}

/** The fields of a question that keep their names. */
const OWN = ['id', 'capability', 'family', 'subject', 'question', 'choices', 'answer'] as const;

type Fields = ProbeRecord['fields'];

/**
 * Records under the names that this program knows. Fields that are not mapped keep their names, and what is no field of a
 * question is left out. Errors about a record have the names of the file.
 * @param cells whether values are cells, in which a list of choices is JSON text
 * @throws UserError for a field that no record has, and for a gap among choices in fields of their own
 */
export function renameFields(
  records: readonly ProbeRecord[],
  names: FieldNames,
  { file, cells }: { readonly file: string; readonly cells: boolean },
): ProbeRecord[] {
  checkNames(records, names, file);
  return records.map((record) => rename(record, names, cells));
}

function checkNames(records: readonly ProbeRecord[], names: FieldNames, file: string): void {
  const [first] = records;
  if (first === undefined) return;
  for (const [key, sources] of Object.entries(names)) {
    for (const source of [sources ?? []].flat()) {
      if (records.some(({ fields }) => Object.hasOwn(fields, source))) continue;
      throw new UserError(
        `${file}: fields.${key}: no record has ${quote(source)}`,
        `${first.where} has ${quote(Object.keys(first.fields).join(', '))}`,
      );
    }
  }
}

function rename(record: ProbeRecord, names: FieldNames, cells: boolean): ProbeRecord {
  const { fields } = record;
  const own = Object.fromEntries(OWN.flatMap((key) => (Object.hasOwn(fields, key) ? [[key, fields[key]]] : [])));
  const { choices, ...others } = names;
  const single = Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const mapped = Object.fromEntries(single.map(([key, source]) => [key, fieldOf(fields, source)]));
  return {
    ...record,
    fields: {
      ...own,
      ...mapped,
      ...(choices === undefined ? {} : { choices: choicesOf(record, choices, cells) }),
    },
    names: { ...Object.fromEntries(single), ...(typeof choices === 'string' ? { choices } : {}) },
  };
}

function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function choicesOf({ fields, where }: ProbeRecord, names: string | readonly string[], cells: boolean): unknown {
  if (typeof names === 'string') {
    const value = fieldOf(fields, names);
    return cells && typeof value === 'string' ? parseListCell(value, `${where}: ${names}`) : value;
  }
  const values = names.map((name) => fieldOf(fields, name));
  const isMissing = (value: unknown) => value === undefined || value === null || value === '';
  const count = values.findLastIndex((value) => !isMissing(value)) + 1;
  const gap = values.slice(0, count).findIndex(isMissing);
  if (gap === -1) return values.slice(0, count);
  throw new UserError(`${where}: ${names[gap]}: is missing, but a later choice is there`, 'fill the gap');
}
