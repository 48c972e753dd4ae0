import { UserError } from '../../platform/user-error.ts';
import { letterOf } from './labels.ts';
import { quote } from './probe-record.ts';

/**
 * The index that an answer means: a number is an index from 0; text is the letter of a choice, or the choice itself.
 * @throws UserError for one out of range, one that is no choice, and one that can be read in two ways
 */
export function answerIndex(answer: string | number, choices: readonly string[], where: string): number {
  if (typeof answer === 'number') return checkIndex(answer, choices.length, where);
  const text = answer.trim();
  const letter = /^[A-Z]$/.test(text) ? text.charCodeAt(0) - 'A'.charCodeAt(0) : -1;
  const meant = new Set(choices.flatMap((choice, index) => (choice === text ? [index] : [])));
  if (letter >= 0 && letter < choices.length) meant.add(letter);
  const [index, other] = meant;
  if (index === undefined) {
    const problem = letter >= 0 ? `the letter ${text} is out of range` : `${quote(text)} is no choice`;
    throw new UserError(`${where}: answer: ${problem}`, range(choices.length));
  }
  if (other !== undefined) {
    const [first, second] = [index, other].sort((a, b) => a - b);
    throw new UserError(
      `${where}: answer: ${quote(text)} may be choice ${first} or choice ${second}`,
      'give the index as a number',
    );
  }
  return index;
}

/** @throws UserError for what is no index of `count` choices */
export function checkIndex(answer: number, count: number, where: string): number {
  if (Number.isInteger(answer) && answer >= 0 && answer < count) return answer;
  throw new UserError(`${where}: answer: ${answer} is out of range`, range(count));
}

function range(count: number): string {
  return `there are ${count} choices: give an index from 0 to ${count - 1}, a letter from A to ${letterOf(count - 1)}, or the text of a choice`;
}
