import { UserError } from '@shadow-gate/platform';
import { LONGEST_SLICE } from '../item.ts';
import type { SlicesOfFacts, SliceValues } from '../suite.ts';
import type { LocatedItem } from './fields/item-fields.ts';
import { type ProbeRecord, quote } from './fields/records.ts';
import { valueAt } from './fields/values.ts';

/** A field with more values tells items apart, not slices. */
const MOST_VALUES = 200;

const HINT = 'name fields with a few short values, such as a language or a product';

/** By the place of a record. */
export type SlicedRecords = ReadonlyMap<string, SliceValues>;

/** Values of the sliced fields by place of the record. @throws UserError for an unsuitable field or value */
export function sliceRecords(
  records: readonly ProbeRecord[],
  fields: readonly string[] | undefined,
  { file, cells }: { readonly file: string; readonly cells: boolean },
): SlicedRecords | null {
  if (fields === undefined) return null;
  const known = records.map((record) => {
    const values = fields.flatMap((field): [string, string][] => {
      const value = textOf(valueAt(record.fields, field, { cells }), `${record.where}: ${field}`);
      return value === null ? [] : [[field, value]];
    });
    return [record.where, Object.fromEntries(values)] as const;
  });
  for (const field of fields) {
    const values = new Set(known.flatMap(([, own]) => own[field] ?? []));
    if (values.size === 0) throw new UserError(`${file}: slices: no record has ${quote(field)}`, HINT);
    if (values.size > MOST_VALUES) {
      throw new UserError(`${file}: slices: ${quote(field)} has ${values.size} values, more than ${MOST_VALUES}`, HINT);
    }
  }
  return new Map(known);
}

function textOf(value: unknown, place: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object') throw new UserError(`${place}: ${quote(value)} is no value of a slice`, HINT);
  const text = String(value).trim();
  if (text.length <= LONGEST_SLICE) return text === '' ? null : text;
  throw new UserError(`${place}: longer than ${LONGEST_SLICE} characters, which is no value of a slice`, HINT);
}

/** The slices of each fact are those of its benchmark form. */
export function sliceFacts(located: readonly LocatedItem[], values: SlicedRecords): SlicesOfFacts {
  const own = located.filter(({ item }) => item.id === item.fact);
  return new Map(own.map(({ where, item }) => [item.fact, values.get(where) ?? {}]));
}
