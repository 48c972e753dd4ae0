import type { ChoiceScoring } from '../item.ts';
import type { Random } from '../random.ts';
import type { ChoiceRecord } from './choice-record.ts';
import { exam } from './exam.ts';
import { stemOf } from './stem.ts';
import { pointsForward } from './text.ts';
import { asLongAs, type Wording } from './wording.ts';

/** Longer choices are hard to tell apart on one line. */
const LONGEST_IN_A_ROW = 24;

/**
 * The choices as a bank of words without labels, and the words themselves are scored. A question keeps its place for
 * the answer; a sentence to complete comes last, and the choice ends it.
 */
export function cloze(record: ChoiceRecord, random: Random, scoring: ChoiceScoring): Wording {
  const { choices, answer } = record;
  const stem = stemOf(record.question);
  const before = !pointsForward(record.question);
  const prompts = banks(choices).flatMap((bank) => {
    if (stem !== null && before) return endings(stem, bank);
    return [...questionFirst(record.question, bank), ...(before ? bankFirst(record.question, bank) : [])];
  });
  const wordings = random
    .shuffle(prompts)
    .map((prompt) => ({ prompt, question: { kind: 'choice', choices, answer, scoring } as const }));
  return asLongAs(exam(record), wordings);
}

function questionFirst(question: string, bank: string): string[] {
  return ['Options:', 'Choose from:', 'Possible answers:', 'Choose one of these answers:'].map(
    (heading) => `Question: ${question}\n${heading}${bank}\nAnswer:`,
  );
}

function bankFirst(question: string, bank: string): string[] {
  return ['Options:', 'Possible answers:'].map((heading) => `${heading}${bank}\nQuestion: ${question}\nAnswer:`);
}

function endings(stem: string, bank: string): string[] {
  const headings = ['Possible endings:', 'Choose the right ending:', 'Complete the sentence with one of these:'];
  return headings.map((heading) => `${heading}${bank}\n${stem}`);
}

/** The ways to list choices that none of them can be mistaken for: a minus follows no dash, and numbers no stroke. */
function banks(choices: readonly string[]): string[] {
  const every = (pattern: RegExp) => choices.every((choice) => pattern.test(choice));
  const inLines = every(/^[\p{L}\p{N}"“'‘$(]/u) ? ['\n- ', '\n'] : ['\n'];
  const inRow = choices.every((choice) => choice.length <= LONGEST_IN_A_ROW) && every(/^[^\n]*[^\n.?!:]$/);
  const marks = [';', ' |', ...(every(/^\P{N}*$/u) ? [' /'] : [])].filter(
    (mark) => !choices.some((choice) => choice.includes(mark.trim())),
  );
  return [
    ...inLines.map((before) => choices.map((choice) => `${before}${choice}`).join('')),
    ...(inRow ? marks : []).map((mark) => ` ${choices.join(`${mark} `)}`),
  ];
}
