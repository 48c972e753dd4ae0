import { UserError } from '@shadow-gate/platform';
import type { ProbeRecord } from './records.ts';

const FORMATS = {
  choice: 'a question with choices',
  exact: 'a question without choices',
  paired: 'a benchmark form or twin',
} as const;

type Format = keyof typeof FORMATS;

const FORMAT_HINT =
  'give {"question", "choices", "answer"}, {"question", "answer"} or {"id", "capability", "form", "twin_of", "prompt", …}';

/**
 * All records of a file must have one format: items of different formats could not be compared.
 * @throws UserError with the first line that has none of the formats, or another one than the first line
 */
export function recognizeFormat(records: readonly ProbeRecord[], file: string): Format {
  const [first] = records;
  if (!first) throw new UserError(`${file} has no records`, FORMAT_HINT);
  const format = formatOf(first);
  for (const record of records) {
    const other = formatOf(record);
    if (other === format) continue;
    throw new UserError(
      `${record.where}: ${FORMATS[other]}, but ${first.where} is ${FORMATS[format]}`,
      'correct the keys of that line, or use one file for each format',
    );
  }
  return format;
}

function formatOf({ fields, where }: ProbeRecord): Format {
  if ('form' in fields || ('prompt' in fields && !('question' in fields))) return 'paired';
  if ('question' in fields) return 'choices' in fields ? 'choice' : 'exact';
  throw new UserError(`${where}: neither "question" nor "prompt"`, FORMAT_HINT);
}
