import { UserError } from '@shadow-gate/platform';
import { valueAt } from './field-path.ts';
import { parseChoicesCell } from './list-cell.ts';
import { type ProbeRecord, quote } from './records.ts';

/**
 * Which fields of a file are the question, the choices and the answer, if they have other names. Dots lead inside of
 * fields.
 */
export interface FieldNames {
  readonly id?: string | undefined;
  readonly subject?: string | undefined;
  readonly question?: string | undefined;
  /** One field that is a list, or one field for each choice. */
  readonly choices?: string | readonly string[] | undefined;
  readonly answer?: string | undefined;
  /** What several questions have in common, such as a passage: they are not independent. */
  readonly cluster?: string | undefined;
}

/** The names of a public benchmark's fields, and how it gives its answers. */
export interface KnownFields {
  readonly names: FieldNames;
  /**
   * A record with its new names, as this program writes one. The second argument is the record as it is in the file.
   */
  readonly convert: (record: ProbeRecord, original: ProbeRecord) => ProbeRecord | Omitted;
}

/** A record that cannot be asked, as published. */
export interface Omitted {
  /** Which one, and why. */
  readonly omitted: string;
}

/** The fields of a question that keep their names. */
export const OWN_FIELDS = [
  ...['id', 'capability', 'family', 'subject', 'question', 'choices', 'answer'],
  // A request has these.
  ...['refusal', 'compliance'],
] as const;

/**
 * Records under the names that this program knows. Fields that are not mapped keep their names, and what is no field of
 * a question is left out. Errors about a record have the names of the file.
 * @param cells whether values are cells, in which a list of choices is JSON text
 * @throws UserError for a field that no record has, and for a gap among choices in fields of their own
 */
export function renameFields(
  records: readonly ProbeRecord[],
  names: FieldNames,
  { file, cells }: { readonly file: string; readonly cells: boolean },
): ProbeRecord[] {
  checkNames(records, names, { file, cells });
  return records.map((record) => rename(record, names, cells));
}

function checkNames(
  records: readonly ProbeRecord[],
  names: FieldNames,
  { file, cells }: { readonly file: string; readonly cells: boolean },
): void {
  for (const [key, sources] of Object.entries(names)) {
    for (const source of [sources ?? []].flat()) expectField(records, { key, source }, { file, cells });
  }
}

/** @throws UserError for a field of the policy that no record has */
export function expectField(
  records: readonly ProbeRecord[],
  { key, source }: { readonly key: string; readonly source: string },
  { file, cells }: { readonly file: string; readonly cells: boolean },
): void {
  const [first] = records;
  if (first === undefined || records.some(({ fields }) => valueAt(fields, source, { cells }) !== undefined)) return;
  throw new UserError(
    `${file}: fields.${key}: no record has ${quote(source)}`,
    `${first.where} has ${quote(Object.keys(first.fields).join(', '))}`,
  );
}

function rename(record: ProbeRecord, names: FieldNames, cells: boolean): ProbeRecord {
  const { fields } = record;
  const own = Object.fromEntries(OWN_FIELDS.flatMap((key) => (Object.hasOwn(fields, key) ? [[key, fields[key]]] : [])));
  const { choices, ...others } = names;
  const single = Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const mapped = Object.fromEntries(single.map(([key, source]) => [key, valueAt(fields, source, { cells })]));
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

function choicesOf({ fields, where }: ProbeRecord, names: string | readonly string[], cells: boolean): unknown {
  const value = (name: string) => valueAt(fields, name, { cells });
  if (typeof names === 'string') {
    const list = (name: string) => {
      const cell = value(name);
      return cells && typeof cell === 'string' ? parseChoicesCell(cell, `${where}: ${name}`) : cell;
    };
    const text = list(names);
    const label = names.endsWith(TEXT) ? list(`${names.slice(0, -TEXT.length)}.label`) : undefined;
    return Array.isArray(text) && Array.isArray(label) ? { text, label } : text;
  }
  const values = names.map(value);
  const isMissing = (value: unknown) => value === undefined || value === null || value === '';
  const count = values.findLastIndex((value) => !isMissing(value)) + 1;
  const gap = values.slice(0, count).findIndex(isMissing);
  if (gap === -1) return values.slice(0, count);
  throw new UserError(`${where}: ${names[gap]}: is missing, but a later choice is there`, 'fill the gap');
}

/** Choices can have texts (`choices.text`) and labels (`choices.label`); then the answer is a label. */
const TEXT = '.text';
