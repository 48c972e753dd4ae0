import { at } from '@shadow-gate/platform';
import { escapeRegExp } from '../escape-regexp.ts';
import type { ChoiceScoring, Question } from '../item.ts';
import type { ChoiceRecord } from './question.ts';

/** The texts of the choices as answers: each once, since a text does not tell which of two equal choices is meant. */
export function scoreTexts(
  { choices, answer }: Pick<ChoiceRecord, 'choices' | 'answer'>,
  scoring: ChoiceScoring,
): Question {
  const distinct = [...new Set(choices)];
  return { kind: 'choice', choices: distinct, answer: distinct.indexOf(at(choices, answer)), scoring };
}

/** Whether a text shows a choice as a phrase of its own: `9` is not in `19`, nor `art` in `part`. */
export function shows(text: string, choice: string): boolean {
  const phrase = normalize(choice);
  if (phrase === '') return false;
  const escaped = escapeRegExp(phrase);
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${escaped}(?![\p{L}\p{N}])`, 'u').test(normalize(text));
}

/** Without what a reader does not see as a difference: case, white space, quotes around it, the period at the end. */
function normalize(text: string): string {
  return text
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^["'“‘]+|[.,"'”’]+$/gu, '');
}
