import { typeAnswers, typeQuotedAnswers } from './csv-answers.ts';
import type { FieldNames } from './field-names.ts';
import { recognizeFormat } from './record-format.ts';
import {
  type ChoiceRecord,
  type ExactRecord,
  type ProbeRecord,
  readChoiceRecord,
  readExactRecord,
  repeatsChoice,
} from './records.ts';

/** The questions of a file, all in one format. */
export type Questions =
  | { readonly kind: 'choice'; readonly records: readonly ChoiceRecord[] }
  | { readonly kind: 'exact'; readonly records: readonly ExactRecord[] };

export interface RecordsPlace {
  /** What errors call the file. */
  readonly file: string;
  /** Begins the ids of records without one. */
  readonly stem: string;
}

interface QuestionOptions {
  /** Whether values are cells, which have no type. */
  readonly cells: boolean;
  readonly fields?: FieldNames | undefined;
}

/**
 * Questions whose form is left open, checked, and a line about each that is unusual.
 * @throws UserError with the line and the field
 */
export function readQuestions(
  records: readonly ProbeRecord[],
  { file: path, stem }: RecordsPlace,
  { cells, fields }: QuestionOptions,
): Questions & { readonly warnings: readonly string[] } {
  const defaultId = ({ line }: ProbeRecord) => `${stem}:${line}`;
  if (recognizeFormat(records, path) === 'exact') {
    const problems = records.map((record) => readExactRecord(record, defaultId(record)));
    return { kind: 'exact', records: problems, warnings: [] };
  }
  const type = cells ? typeAnswers : fields === undefined ? null : typeQuotedAnswers;
  const typed = type === null ? { records, warnings: [] } : type(records, path);
  const questions = typed.records.map((record) => readChoiceRecord(record, defaultId(record)));
  const repeated = questions
    .filter(repeatsChoice)
    .map(({ where }) => `${where}: choices: two are the same; they count as one where the text is the answer`);
  return { kind: 'choice', records: questions, warnings: [...typed.warnings, ...repeated] };
}
