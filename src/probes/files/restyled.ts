import type { Random } from '../random.ts';
import type { ChoiceRecord } from './choice-record.ts';
import { exam, labelled } from './exam.ts';
import { type LabelStyle, letterStyles, otherStyles, spoken } from './labels.ts';
import { choicesReferToOthers, hasDigit, mentionsLabel, questionRefersToLabels } from './text.ts';
import { asLongAs, type Wording } from './wording.ts';

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
