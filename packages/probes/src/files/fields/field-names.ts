import { UserError } from '@shadow-gate/platform';
import { passageName } from '../../item.ts';
import { QUESTION_FIELDS } from './item-fields.ts';
import { fieldPlace, type ProbeRecord, quote, textOrNumberSchema } from './records.ts';
import { parseChoicesCell, valueAt } from './values.ts';

/** The file's names of fields. Dots lead inside. Dependent questions share the field `cluster`, such as a passage. */
export interface FieldNames
  extends Readonly<Partial<Record<'id' | 'subject' | 'question' | 'answer' | 'cluster', string | undefined>>> {
  /** One field that is a list, or one field for each choice. */
  readonly choices?: string | readonly string[] | undefined;
}

export interface KnownFields {
  readonly names: FieldNames;
  /** Converts a renamed record to this program's format. `original` is the record of the file. */
  readonly convert: (record: ProbeRecord, original: ProbeRecord) => ProbeRecord | Omitted;
}

export interface Omitted {
  readonly omitted: string;
}

/** Fields of a question that keep their names. The last two belong to requests. */
export const OWN_FIELDS: readonly string[] = [
  ...Object.keys(QUESTION_FIELDS),
  ...['subject', 'question', 'choices', 'answer', 'refusal', 'compliance'],
];

/** Names without the cluster's; undefined if none are left. */
export function questionFields(fields: FieldNames | undefined): FieldNames | undefined {
  const { cluster: _, ...names } = fields ?? {};
  return Object.values(names).every((name) => name === undefined) ? undefined : names;
}

interface FileValues {
  readonly file: string;
  /** Whether values are cells, in which a list of choices is JSON text. */
  readonly cells: boolean;
}

/**
 * Records under this program's names, with other question fields and without the rest. Errors use the file's names.
 * @throws UserError for a field that no record has, and for a gap among choices in fields of their own
 */
export function renameFields(records: readonly ProbeRecord[], names: FieldNames, values: FileValues): ProbeRecord[] {
  for (const [key, sources] of Object.entries(names)) {
    for (const source of [sources ?? []].flat()) expectField(records, key, source, values);
  }
  return records.map((record) => rename(record, names, values.cells));
}

function expectField(records: readonly ProbeRecord[], key: string, source: string, { file, cells }: FileValues): void {
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

/** Adds the passages of the field `cluster`. @throws UserError if no record has it, or for other than text or number */
export function withPassages(
  records: readonly ProbeRecord[],
  cluster: string | undefined,
  { file, cells }: FileValues,
): readonly ProbeRecord[] {
  if (cluster === undefined) return records;
  expectField(records, 'cluster', cluster, { file, cells });
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
