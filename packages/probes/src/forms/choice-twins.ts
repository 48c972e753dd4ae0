import { at, given } from '@shadow-gate/platform';
import type { ChoiceScoring, Question, Wording } from '../item.ts';
import type { Random } from '../random.ts';
import { drawUnrelated, UNRELATED_FACTS } from './distractors.ts';
import { type AskedChoice, type ChoiceRecord, choiceLetter, repeatsChoice, scoreTexts } from './question.ts';
import {
  choicesReferToOthers,
  continuableStem,
  hasDigit,
  matchLength,
  mentionsLabel,
  pointsForward,
  questionRefersToLabels,
  questionStem,
} from './text.ts';

/** The form of the MMLU leaderboards: lettered choices, and the letter is scored. */
export function examWording({ question, choices, answer }: AskedChoice): Wording {
  const letters = choices.map((_, index) => choiceLetter(index));
  return {
    prompt: [`Question: ${question}`, ...letteredLines(choices), 'Answer:'].join('\n'),
    question: scoreLabels(letters, answer),
  };
}

export function letteredLines(choices: readonly string[]): string[] {
  return choices.map((choice, index) => `${choiceLetter(index)}. ${choice}`);
}

/** Labels are short and similar: their likelihoods need no correction for length. */
function scoreLabels(labels: readonly string[], answer: number): Question {
  return { kind: 'choice', choices: labels, answer, scoring: 'raw' };
}

/** The exam, answered by the text of a choice: for a model that cannot bind a letter to its option. */
export function examText(record: ChoiceRecord, scoring: ChoiceScoring, write = examWording): Wording {
  const { question, ...asked } = write(record);
  return { ...asked, question: { ...scoreTexts(record, scoring), ...given({ delimiter: question.delimiter }) } };
}

/** Labels that the options had before. */
export interface Permutation {
  readonly oldLabel: string;
  readonly oldLabels: Readonly<Record<string, string>>;
}

/** The exam with its choices in another order: a memorized letter is wrong. */
export function permuted(record: ChoiceRecord, random: Random, write = examWording): Wording & Permutation {
  const { question, choices } = record;
  const indices = choices.map((_, index) => index);
  const others = random.shuffle(indices.filter((index) => index !== record.answer));
  const answer = random.pick(indices.filter((index) => index !== record.answer));
  const order = others.toSpliced(answer, 0, record.answer);
  const wording = write({ question, choices: order.map((index) => at(choices, index)), answer });
  const labels = wording.question.kind === 'choice' ? wording.question.choices : choices.map((_, i) => choiceLetter(i));
  const labelOf = (index: number) => at(labels, index);
  return {
    ...wording,
    oldLabel: labelOf(record.answer),
    oldLabels: Object.fromEntries(order.map((old, index) => [labelOf(index), labelOf(old)])),
  };
}

/** The exam after a true, unrelated sentence. Not a twin: a memorized letter is right here too. */
export function distracted(record: ChoiceRecord, random: Random, write = examWording): Wording {
  const facts = drawUnrelated(UNRELATED_FACTS, [record.question, ...record.choices].join(' '), random);
  return matchLength(
    write(record),
    facts.map((fact) => write({ ...record, question: `${fact} ${record.question}` })),
    { fallback: 'first' },
  );
}

/** Longer choices are hard to tell apart in a row. */
const LONGEST_IN_A_ROW = 24;

/** The choices as a list without labels, scored by text. The answer follows the question, and a stem comes last. */
export function clozeTwin(record: ChoiceRecord, random: Random, scoring: ChoiceScoring): Wording {
  const { question, choices } = record;
  const stem = questionStem(question);
  const listMayComeFirst = !pointsForward(question);
  const prompts = choiceLists(choices).flatMap((list) => {
    if (stem !== null && listMayComeFirst) return ENDINGS.map((heading) => `${heading}${list}\n${stem}`);
    const listFirst = listMayComeFirst ? LIST_FIRST : [];
    return [
      ...QUESTION_FIRST.map((heading) => `Question: ${question}\n${heading}${list}\nAnswer:`),
      ...listFirst.map((heading) => `${heading}${list}\nQuestion: ${question}\nAnswer:`),
    ];
  });
  return answeredByText(record, random.shuffle(prompts), scoring);
}

const QUESTION_FIRST = ['Options:', 'Choose from:', 'Possible answers:', 'Choose one of these answers:'];
const LIST_FIRST = ['Options:', 'Possible answers:'];
const ENDINGS = ['Possible endings:', 'Choose the right ending:', 'Complete the sentence with one of these:'];

/** The exam with other marks and headings, answered by text: for choices that refer to others ("Both A and B"). */
export function lettered(record: ChoiceRecord, random: Random, scoring: ChoiceScoring): Wording {
  const prompts = stylePrompts(record, letterStyles(record)).map(({ prompt }) => prompt);
  return answeredByText(record, random.shuffle(prompts), scoring);
}

function answeredByText(record: ChoiceRecord, prompts: readonly string[], scoring: ChoiceScoring): Wording {
  const question = scoreTexts(record, scoring);
  const wordings = prompts.map((prompt) => ({ prompt, question }));
  return matchLength(examWording(record), wordings);
}

/** Unambiguous ways to list these choices: no minus after a dash, and no numbers between slashes. */
function choiceLists(choices: readonly string[]): string[] {
  const every = (pattern: RegExp) => choices.every((choice) => pattern.test(choice));
  const bullets = every(/^[\p{L}\p{N}"“'‘$(]/u) ? ['\n- ', '\n'] : ['\n'];
  const fitInARow = choices.every((choice) => choice.length <= LONGEST_IN_A_ROW) && every(/^[^\n]*[^\n.?!:]$/);
  const separators = [';', ' |', ...(every(/^\P{N}*$/u) ? [' /'] : [])].filter(
    (separator) => !choices.some((choice) => choice.includes(separator.trim())),
  );
  return [
    ...bullets.map((bullet) => choices.map((choice) => `${bullet}${choice}`).join('')),
    ...(fitInARow ? separators : []).map((separator) => ` ${choices.join(`${separator} `)}`),
  ];
}

/** Beginnings of the question and of the answer, for whole questions and for sentences to complete. */
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

/** The choices in the same order, with other labels, marks and headings. */
export function restyled(record: ChoiceRecord, random: Random): Wording {
  const wordings = stylePrompts(record, stylesFor(record)).map(({ prompt, style: { labels, open, close } }) => {
    // A mark that only ends a label is not scored.
    const scored = open === '' ? labels : labels.map((label) => `${open}${label}${close}`);
    return { prompt, question: scoreLabels(scored, record.answer) };
  });
  return matchLength(examWording(record), random.shuffle(wordings));
}

function stylePrompts(record: ChoiceRecord, styles: readonly LabelStyle[]) {
  return styles.flatMap((style) =>
    HEADINGS.flatMap(([before, after]) =>
      layouts(record, style).map((choices) => ({ prompt: `${before}${record.question}\n${choices}\n${after}`, style })),
    ),
  );
}

/** Each choice on its own line, and short choices with an opening bracket also on one line. */
function layouts({ choices }: ChoiceRecord, style: LabelStyle): string[] {
  const lines = choices.map((choice, index) => `${style.open}${at(style.labels, index)}${style.close} ${choice}`);
  const row = lines.join(' ');
  const fitOnOneLine = style.open !== '' && row.length <= LONGEST_ON_ONE_LINE && !row.includes('\n');
  return fitOnOneLine ? [lines.join('\n'), row] : [lines.join('\n')];
}

interface LabelStyle {
  readonly labels: readonly string[];
  readonly open: string;
  readonly close: string;
}

const LOWER = [...'abcdefghijklmnopqrstuvwxyz'];
const ROMAN = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x'];
const DIGITS = [...'123456789'];

function stylesFor(record: ChoiceRecord): LabelStyle[] {
  if (choicesReferToOthers(record) || questionRefersToLabels(record)) return letterStyles(record);
  const styles = otherStyles(record);
  return styles.length === 0 ? letterStyles(record) : styles;
}

/** The letters of the exam with other marks, for choices that refer to one another by letter. */
function letterStyles({ choices }: ChoiceRecord): LabelStyle[] {
  const labels = choices.map((_, index) => choiceLetter(index));
  return withMarks(labels, ['()', ' )', '[]', ' :']);
}

/**
 * Labels other than the exam's letters, which are not in the question or a choice. None begins with another, since the
 * likelihood of `i` would include that of `ii`: Roman numerals have parentheses, and digits end with 9.
 */
function otherStyles(record: ChoiceRecord): LabelStyle[] {
  const { length: count } = record.choices;
  const sets: readonly [labels: readonly string[], marks: readonly string[]][] = [
    [LOWER, ['()', ' )', '[]', ' .']],
    [LOWER.slice(-4), [' :', ' )', '()']],
    [LOWER.slice(15, 20), [' :', ' )', '[]']],
    [ROMAN, ['()']],
    [hasDigit(record) ? [] : DIGITS, [' )', '[]', '()', ' :']],
  ];
  return sets.flatMap(([all, marks]) => {
    const labels = all.slice(0, count);
    const areFree = labels.length === count && !labels.some((label) => mentionsLabel(record, label));
    return areFree ? withMarks(labels, marks) : [];
  });
}

/** @param marks two characters each, before and after the label; a space stands for none */
function withMarks(labels: readonly string[], marks: readonly string[]): LabelStyle[] {
  return marks.map((pair) => ({ labels, open: pair.charAt(0).trim(), close: pair.charAt(1) }));
}

/** Two kinds of wording that differ in shape, so that one of them alone can be in a training set. */
export const OPEN_CLUSTERS = ['open-question', 'open-phrase'] as const;
type OpenCluster = (typeof OPEN_CLUSTERS)[number];

/** Text before the question, and between it and the answer. */
type Frame = readonly [before: string, after: string];

const QUESTION_LINES: readonly Frame[] = [
  ['Question: ', '\nAnswer:'],
  ['Q: ', '\nA:'],
];

const QUESTION_PHRASES: readonly Frame[] = [
  ['', ' The answer is'],
  ['', ' The correct answer is'],
];

/** The question without its choices; their texts are scored, so no letter helps. A choice completes a stem. */
export function open(cluster: OpenCluster, record: ChoiceRecord, random: Random, scoring: ChoiceScoring): Wording {
  const question = scoreTexts(record, scoring);
  const isPhrase = cluster === 'open-phrase';
  const stem = isPhrase ? continuableStem(record.question) : null;
  if (stem !== null) return { prompt: stem, question };
  const [before, after] = random.pick(isPhrase ? QUESTION_PHRASES : QUESTION_LINES);
  return { prompt: `${before}${record.question}${after}`, question };
}

export function canBeOpen(record: ChoiceRecord): boolean {
  return !choicesReferToOthers(record) && !questionRefersToLabels(record);
}

/** Each choice must mean the same in another order, and no other may have the same text. */
export function canBePermuted(record: ChoiceRecord): boolean {
  return canBeOpen(record) && !repeatsChoice(record);
}
