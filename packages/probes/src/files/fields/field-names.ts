import { UserError } from '@shadow-gate/platform';
import { passageName } from '../../item.ts';
import { QUESTION_FIELDS } from './item-fields.ts';
import { fieldPlace, type ProbeRecord, quote, textOrNumberSchema } from './records.ts';
import { parseChoicesCell, valueAt } from './values.ts';

/**
 * Names of the fields that are the question, its choices and its answer. Dots lead inside of fields. `cluster` names
 * what several questions share, such as a passage: they are not independent.
 */
export interface FieldNames
  extends Readonly<Partial<Record<'id' | 'subject' | 'question' | 'answer' | 'cluster', string | undefined>>> {
  /** One field that is a list, or one field for each choice. */
  readonly choices?: string | readonly string[] | undefined;
}

/** The names of a public benchmark's fields, and how it gives its answers. */
export interface KnownFields {
  readonly names: FieldNames;
  /** A record under its new names, as this program writes one. `original` is the record in the file. */
  readonly convert: (record: ProbeRecord, original: ProbeRecord) => ProbeRecord | Omitted;
}

/** A record that cannot be asked, as published. */
export interface Omitted {
  /** Which one, and why. */
  readonly omitted: string;
}

/** The fields of a question that keep their names. The last two are those of a request. */
export const OWN_FIELDS: readonly string[] = [
  ...Object.keys(QUESTION_FIELDS),
  ...['subject', 'question', 'choices', 'answer', 'refusal', 'compliance'],
];

/** Names other than the cluster's; undefined if there are none. */
export function questionFields(fields: FieldNames | undefined): FieldNames | undefined {
  const { cluster: _, ...names } = fields ?? {};
  return Object.values(names).every((name) => name === undefined) ? undefined : names;
}

/** How the values of a file are read. */
interface FileValues {
  /** For errors. */
  readonly file: string;
  /** Whether values are cells, in which a list of choices is JSON text. */
  readonly cells: boolean;
}

/**
 * Records under the names that this program knows. Other fields of a question keep their names, and the rest is left
 * out. Errors have the names of the file.
 * @throws UserError for a field that no record has, and for a gap among choices in fields of their own
 */
export function renameFields(records: readonly ProbeRecord[], names: FieldNames, values: FileValues): ProbeRecord[] {
  for (const [key, sources] of Object.entries(names)) {
    for (const source of [sources ?? []].flat()) expectField(records, { key, source }, values);
  }
  return records.map((record) => rename(record, names, values.cells));
}

/** @throws UserError for a field of the policy that no record has */
function expectField(
  records: readonly ProbeRecord[],
  { key, source }: { readonly key: string; readonly source: string },
  { file, cells }: FileValues,
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
    fields: { ...own, ...mapped, ...(choices === undefined ? {} : { choices: choicesOf(record, choices, cells) }) },
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

/**
 * Records with the passage that their field `cluster` names.
 * @throws UserError for a field that no record has, and for a value that is neither text nor a number
 */
export function withPassages(
  records: readonly ProbeRecord[],
  cluster: string | undefined,
  { file, cells }: FileValues,
): readonly ProbeRecord[] {
  if (cluster === undefined) return records;
  expectField(records, { key: 'cluster', source: cluster }, { file, cells });
  return records.map((record) => {
    const value = valueAt(record.fields, cluster, { cells });
    if (value === undefined || value === null || value === '') return record;
    const parsed = textOrNumberSchema.safeParse(value);
    if (!parsed.success) {
      throw new UserError(
        `${fieldPlace(record, cluster)}: ${quote(value)} is neither text nor a number, and names no passage`,
        'give what the questions of one passage have in common, or leave it out',
      );
    }
    const passage = passageName(parsed.data);
    return passage === null ? record : { ...record, passage };
  });
}
