import { at, UserError } from '@shadow-gate/platform';
import { choiceLetter } from '../forms/question.ts';
import { fieldPlace, type ProbeRecord, quote } from './fields/records.ts';

/** An answer among its choices, all trimmed. */
interface Cell {
  readonly record: ProbeRecord;
  readonly answer: string;
  /** Null if it is not text, which is an error later. */
  readonly choices: ReadonlyArray<string | null>;
}

const WHOLE_NUMBER = /^-?\d+$/;

/**
 * Cells have no type: a whole number is the index of a choice or, if choices are numbers, perhaps its text. The file is
 * read in the one way that fits all answers, or as indexes if both do, with a warning if they differ.
 * @throws UserError for a number with two meanings that the other answers do not settle
 */
export function typeAnswers(
  records: readonly ProbeRecord[],
  file: string,
): { readonly records: ProbeRecord[]; readonly warnings: readonly string[] } {
  const cells = records.flatMap(cellOf);
  const numbers = cells.filter(({ answer }) => WHOLE_NUMBER.test(answer));
  const others = cells.filter(({ answer }) => !WHOLE_NUMBER.test(answer));
  const asIndexes = { records: records.map(indexOrText), warnings: [] };
  const asTexts = { records: [...records], warnings: [] };

  const [indexes, texts] = [numbers.filter(isIndex), numbers.filter(isText)];
  // If neither reading fits, the error should be about the rows that are wrong under the likelier one.
  if (indexes.length < numbers.length) return texts.length > indexes.length ? asTexts : asIndexes;

  const ambiguous = numbers.filter(hasTwoMeanings);
  const [first] = ambiguous;
  if (first === undefined) return asIndexes;
  const canAllBeTexts = texts.length === numbers.length;
  if (others.length > 0) {
    if (canAllBeTexts && others.every(isText)) return asTexts;
    if (canAllBeTexts || others.some(isText)) throw twoMeanings(first);
    return asIndexes;
  }
  if (!canAllBeTexts) return asIndexes;
  const rows = `${ambiguous.length} of ${numbers.length} rows, the first in line ${first.record.line}`;
  const warning = `${file}: answers are read as indexes from 0, but each is also the text of a choice, of another one in ${rows}: if texts are meant, give letters`;
  return { ...asIndexes, warnings: [warning] };
}

/** JSON with mapped names may quote indexes: answers are texts if all are choices, else read as cells. */
export function typeQuotedAnswers(records: readonly ProbeRecord[], file: string): ReturnType<typeof typeAnswers> {
  const numbers = records.flatMap(cellOf).filter(({ answer }) => WHOLE_NUMBER.test(answer));
  return numbers.every(isText) ? { records: [...records], warnings: [] } : typeAnswers(records, file);
}

/** With whole numbers as indexes. */
export function indexOrText(record: ProbeRecord): ProbeRecord {
  const { answer, choices } = record.fields;
  if (choices === undefined || typeof answer !== 'string' || !WHOLE_NUMBER.test(answer.trim())) return record;
  return { ...record, fields: { ...record.fields, answer: Number(answer) } };
}

function cellOf(record: ProbeRecord): Cell[] {
  const { answer, choices } = record.fields;
  if (typeof answer !== 'string' || !Array.isArray(choices)) return [];
  const texts = choices.map((choice: unknown) => (typeof choice === 'string' ? choice.trim() : null));
  return [{ record, answer: answer.trim(), choices: texts }];
}

function isIndex({ answer, choices }: Cell): boolean {
  return Number(answer) >= 0 && Number(answer) < choices.length;
}

function isText({ answer, choices }: Cell): boolean {
  return choices.includes(answer);
}

/** Whether an index is also the text of another choice. */
function hasTwoMeanings({ answer, choices }: Cell): boolean {
  return choices.includes(answer) && choices[Number(answer)] !== answer;
}

function twoMeanings({ record, answer, choices }: Cell): UserError {
  const index = Number(answer);
  const [byIndex, byText] = [index, choices.indexOf(answer)].map(choiceLetter);
  return new UserError(
    `${fieldPlace(record, 'answer')}: ${quote(answer)} can be the index of ${quote(at(choices, index))} or the text of a choice`,
    `give the letter of the choice, ${byIndex} or ${byText}`,
  );
}
