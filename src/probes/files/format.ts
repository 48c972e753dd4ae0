import { UserError } from '../../platform/user-error.ts';
import type { ProbeRecord } from './probe-record.ts';

const FORMATS = {
  choice: 'a question with choices',
  exact: 'a question without choices',
  paired: 'a prompt in one of its forms',
} as const;

export type Format = keyof typeof FORMATS;

const MEND =
  'give {"question", "choices", "answer"}, {"question", "answer"} or {"id", "capability", "form", "twin_of", "prompt", …}';

/**
 * The format of a file, known by the keys of its records: all of one format, or their items could not be compared.
 * @throws UserError with the first line that is of none, or of another than the first
 */
export function recogniseFormat(records: readonly ProbeRecord[], file: string): Format {
  const [first] = records;
  if (!first) throw new UserError(`${file} holds no records`, MEND);
  const format = formatOf(first);
  for (const record of records) {
    const other = formatOf(record);
    if (other === format) continue;
    throw new UserError(
      `${record.where}: ${FORMATS[other]}, but ${first.where} has ${FORMATS[format]}`,
      'mend the keys of that line, or give each format a file of its own',
    );
  }
  return format;
}

function formatOf({ fields, where }: ProbeRecord): Format {
  if ('prompt' in fields && !('question' in fields)) return 'paired';
  if ('form' in fields) return 'paired';
  if ('question' in fields) return 'choices' in fields ? 'choice' : 'exact';
  throw new UserError(`${where}: neither "question" nor "prompt"`, MEND);
}
