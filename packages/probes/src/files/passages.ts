import { UserError } from '@shadow-gate/platform';
import { passageName } from '../item.ts';
import { expectField, type FieldNames } from './field-names.ts';
import { valueAt } from './field-path.ts';
import type { LocatedItem } from './located-item.ts';
import { fieldPlace, type ProbeRecord, quote, textOrNumberSchema } from './records.ts';

/** The names of the fields of a question, where the policy has some. */
export function questionFields(fields: FieldNames | undefined): FieldNames | undefined {
  const { cluster: _, ...names } = fields ?? {};
  return Object.values(names).every((name) => name === undefined) ? undefined : names;
}

/**
 * Records with the passage that each names.
 * @param cluster the field that has it
 * @throws UserError for a field that no record has, and for a value that is neither text nor a number
 */
export function withPassages(
  records: readonly ProbeRecord[],
  cluster: string | undefined,
  { file, cells }: { readonly file: string; readonly cells: boolean },
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

/**
 * Each form with the passage of its benchmark form: a fact is in one unit.
 * @throws UserError for a form that names another
 */
export function withPassagesOfFacts(located: readonly LocatedItem[]): readonly LocatedItem[] {
  const passages = new Map(located.flatMap(({ item }) => (item.form === 'benchmark' ? [[item.id, item.passage]] : [])));
  return located.map(({ where, item }) => {
    const passage = passages.get(item.fact);
    // One without a benchmark form is another mistake.
    if (item.passage === passage || !passages.has(item.fact)) return { where, item };
    if (item.passage === undefined && passage !== undefined) return { where, item: withPassage(item, passage) };
    throw new UserError(
      `${where}: ${quote(item.passage)} is another passage than that of its benchmark form`,
      'give both the same, or the benchmark form alone',
    );
  });
}

/** The place of a key counts in the digest, which is the same for a passage that is named. */
function withPassage(
  { id, capability, family, form, kind, fact, cluster, ...rest }: LocatedItem['item'],
  passage: string,
) {
  return { id, capability, family, form, ...(kind === undefined ? {} : { kind }), fact, cluster, passage, ...rest };
}
