import type { ChoiceScoring, Question } from '../item.ts';
import type { Random } from '../random.ts';
import { drawUnrelated, FACTS } from './distractors.ts';
import { type ChoiceRecord, letterOf } from './records.ts';
import {
  asLongAs,
  choicesReferToOthers,
  hasDigit,
  mentionsLabel,
  pointsForward,
  questionRefersToLabels,
  stemOf,
  type Wording,
} from './text.ts';

/** The form of the MMLU leaderboards: lettered choices, and the letter is scored. */
export function exam({ question, choices, answer }: Pick<ChoiceRecord, 'question' | 'choices' | 'answer'>): Wording {
  const lines = choices.map((choice, index) => `${letterOf(index)}. ${choice}`);
  return {
    prompt: [`Question: ${question}`, ...lines, 'Answer:'].join('\n'),
    question: labelled(
      choices.map((_, index) => letterOf(index)),
      answer,
    ),
  };
}

/** Labels are short and alike: their likelihoods need no correction for length. */
export function labelled(labels: readonly string[], answer: number): Question {
  return { kind: 'choice', choices: labels, answer, scoring: 'raw' };
}

/** The exam with its choices in another order, the right one at another place: who learnt the letter is lost. */
export function permuted(record: ChoiceRecord, random: Random): Wording {
  const { question, choices } = record;
  const right = choices[record.answer] ?? '';
  const others = random.shuffle(choices.filter((_, index) => index !== record.answer));
  const answer = random.pick(choices.map((_, index) => index).filter((index) => index !== record.answer));
  return exam({ question, choices: others.toSpliced(answer, 0, right), answer });
}

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

/**
 * What begins the question, and what begins the answer. They go with whole questions and with sentences to complete.
 */
const HEADINGS = [
  ['QUESTION: ', 'ANSWER:'],
  ['Q. ', 'Your choice:'],
  ['Quiz: ', 'Correct option:'],
  ['### Question\n', '### Correct choice:'],
  ['Test item: ', 'Selected option:'],
  ['Please choose one.\n', 'Choice:'],
  ['[question] ', '[answer]'],
] as const;

/** Longer choices are hard to tell apart on one line. */
const LONGEST_ON_ONE_LINE = 100;

/** The same choices in the same order, under other labels, marks and headings. */
export function restyled(record: ChoiceRecord, random: Random): Wording {
  const styles = stylesFor(record);
  const wordings = styles.flatMap((style) =>
    HEADINGS.flatMap((headings) => layouts(record, style).map((choices) => word(record, style, headings, choices))),
  );
  return asLongAs(exam(record), random.shuffle(wordings));
}

function stylesFor(record: ChoiceRecord): LabelStyle[] {
  const count = record.choices.length;
  if (choicesReferToOthers(record) || questionRefersToLabels(record)) return letterStyles(count);
  const isFree = (labels: readonly string[]) => !labels.some((label) => mentionsLabel(record, label));
  const styles = otherStyles(count, { isFree, digits: !hasDigit(record) });
  return styles.length === 0 ? letterStyles(count) : styles;
}

/** Each choice on a line of its own, or all on one where they are short and brackets set them apart. */
function layouts({ choices }: ChoiceRecord, style: LabelStyle): string[] {
  const labelledChoices = choices.map((choice, index) => `${style.open}${style.labels[index]}${style.close} ${choice}`);
  const line = labelledChoices.join(' ');
  const fits = style.open !== '' && line.length <= LONGEST_ON_ONE_LINE && !line.includes('\n');
  return fits ? [labelledChoices.join('\n'), line] : [labelledChoices.join('\n')];
}

function word(
  { question, answer }: ChoiceRecord,
  style: LabelStyle,
  [before, after]: readonly [string, string],
  choices: string,
): Wording {
  return { prompt: `${before}${question}\n${choices}\n${after}`, question: labelled(spoken(style), answer) };
}

/**
 * The exam with a sentence before the question that is true and has nothing to do with it. On a short question it is
 * more than the 10 % that other twins keep to: there is no room for a sentence.
 */
export function distracted(record: ChoiceRecord, random: Random): Wording {
  const facts = drawUnrelated(FACTS, [record.question, ...record.choices].join(' '), random);
  return asLongAs(
    exam(record),
    facts.map((fact) => exam({ ...record, question: `${fact} ${record.question}` })),
    'first',
  );
}

const LOWER = [...'abcdefghijklmnopqrstuvwxyz'];
const ROMAN = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x'];
const DIGITS = [...'123456789'];

/** What stands around a label, and whether it is said with the answer. */
export interface LabelStyle {
  readonly labels: readonly string[];
  readonly open: string;
  readonly close: string;
}

/** Are these choices and this question without anything that could be mistaken for these labels? */
type IsFree = (labels: readonly string[]) => boolean;

/** Labels of an exam in other clothes, for choices that speak of one another by their letters. */
export function letterStyles(count: number): LabelStyle[] {
  const labels = Array.from({ length: count }, (_, index) => letterOf(index));
  return dress(labels, ['()', ' )', '[]', ' :']);
}

/**
 * Other labels, for `count` choices. None is the beginning of another (so roman numerals stand in brackets, and digits
 * end with 9): the likelihood of `i` would contain that of `ii`.
 */
export function otherStyles(count: number, { isFree, digits }: { isFree: IsFree; digits: boolean }): LabelStyle[] {
  const sets: readonly [labels: readonly string[], clothes: readonly string[]][] = [
    [LOWER, ['()', ' )', '[]', ' .']],
    [LOWER.slice(-4), [' :', ' )', '()']],
    [LOWER.slice(15, 20), [' :', ' )', '[]']],
    [ROMAN, ['()']],
    [digits ? DIGITS : [], [' )', '[]', '()', ' :']],
  ];
  return sets.flatMap(([all, clothes]) => {
    const labels = all.slice(0, count);
    return labels.length === count && isFree(labels) ? dress(labels, clothes) : [];
  });
}

function dress(labels: readonly string[], clothes: readonly string[]): LabelStyle[] {
  return clothes.map(([open = '', close = '']) => ({ labels, open: open.trim(), close }));
}

/** What a model is to say: a bracket that opens belongs to the label, a mark that ends it does not. */
export function spoken({ labels, open, close }: LabelStyle): string[] {
  return labels.map((label) => (open === '' ? label : `${open}${label}${close}`));
}
