import { at } from '../../platform/at.ts';
import { UserError } from '../../platform/user-error.ts';
import { answerKindOf, type Wording } from '../item.ts';
import { type ChoiceRecord, type ExactRecord, letterOf, quote } from './records.ts';

const HINT = 'map the fields that are the question and its answer';

/**
 * Twins take their right answer from the fields of a document, and its benchmark form that of the harness: both have to be the
 * same, as far as the two can be compared. An index from 1 that is read as one from 0 is noticed here.
 * @throws UserError with the line
 */
export function expectSameChoice(asked: Wording, record: ChoiceRecord): void {
  const right = rightIndex(asked, record.choices);
  if (right === null || right === record.answer) return;
  throw new UserError(
    `${record.where}: the harness takes choice ${letterOf(right)} for the right one, and its fields ${letterOf(record.answer)}`,
    HINT,
  );
}

/** The choice that is right for the harness; null where it is not said in a way that is known. */
function rightIndex(asked: Wording, choices: readonly string[]): number | null {
  const { question } = asked;
  if (question.kind === 'choice' && answerKindOf(asked) === 'label') {
    return question.choices.length === choices.length ? question.answer : null;
  }
  const text = (question.kind === 'choice' ? at(question.choices, question.answer) : question.target).trim();
  const places = choices.flatMap((choice, i) => (choice === text ? [i] : []));
  const [place, another] = places;
  if (place !== undefined) return another === undefined ? place : null;
  const letter = /^[([]?(?<letter>[A-Z])[)\].:]?$/.exec(text)?.groups?.letter;
  const index = letter === undefined ? -1 : letter.charCodeAt(0) - 'A'.charCodeAt(0);
  return question.kind === 'exact' && index >= 0 && index < choices.length ? index : null;
}

/** The same of a problem whose answer is a number. @throws UserError with the line */
export function expectSameNumber({ question }: Wording, { numeric, target, where }: ExactRecord): void {
  if (question.kind !== 'exact' || !numeric) return;
  const own = question.target.replace(/[$,\s]/g, '');
  if (own === '' || !Number.isFinite(Number(own)) || Number(own) === Number(target)) return;
  throw new UserError(
    `${where}: the right answer of the harness is ${quote(own)}, and that of its fields ${target}`,
    HINT,
  );
}
