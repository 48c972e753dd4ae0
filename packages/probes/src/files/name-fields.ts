import { at, UserError } from '@shadow-gate/platform';
import { type FieldNames, renameFields } from './field-names.ts';
import { knownFields } from './known-fields.ts';
import { withMappedLabels } from './labels.ts';
import type { ProbeRecord } from './records.ts';

/** Records under the names that this program knows, and a line about each that was left out. */
export interface NamedRecords {
  readonly records: readonly ProbeRecord[];
  readonly warnings: readonly string[];
}

/** Records under the names that this program knows, by the policy or by those of a public benchmark. */
export function nameFields(
  records: readonly ProbeRecord[],
  { file, cells, fields }: { readonly file: string; readonly cells: boolean; readonly fields: FieldNames | undefined },
): NamedRecords {
  if (fields !== undefined) {
    return { records: renameFields(records, fields, { file, cells }).map(withMappedLabels), warnings: [] };
  }
  const known = knownFields(records, file);
  if (known === null) return { records, warnings: [] };
  const converted = renameFields(records, known.names, { file, cells }).map((record, i) =>
    known.convert(record, at(records, i)),
  );
  const omitted = converted.flatMap((record) => ('omitted' in record ? [record.omitted] : []));
  const [first] = omitted;
  if (first !== undefined && omitted.length > MOST_OMITTED * records.length) {
    throw new UserError(`${first} (${omitted.length} records of ${records.length} cannot be asked)`, 'correct them');
  }
  return {
    records: converted.flatMap((record) => ('omitted' in record ? [] : [record])),
    warnings: omitted.map((reason) => `${reason}; the record is left out`),
  };
}

/** Published data sets have a few records that cannot be asked; where there are more, the file is not what it seems. */
const MOST_OMITTED = 0.02;
