import { given } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import type { ProbeFamily } from '../family.ts';
import { familyFrom } from '../recipe.ts';
import { NUMBER_WORDS } from './languages/number-words.ts';
import { COMMON_WORDS, MONTHS, type Translations, WEEKDAYS } from './languages/vocabulary.ts';
import { type Draw, problemAbout, problemLevel, type Worked } from './problem.ts';

const LANGUAGES = Object.keys(NUMBER_WORDS);
const CHOICES = 4;

const asked = (word: string, from: string, to: string) => ({
  question: `What is the ${from} word "${word}" in ${to}?`,
  cloze: `The ${from} word "${word}" is in ${to}`,
});

/** A word of one of these lists, from English or into it. The other choices are of the same list. */
const translated =
  (...lists: ReadonlyArray<readonly Translations[]>): Draw =>
  (random) => {
    const language = random.pick(LANGUAGES);
    const [from = '', to = ''] = random.shuffle(['English', language]);
    const words = random.sample(random.pick(lists), CHOICES);
    // A word that both languages share is no question.
    if (words.some((word) => word[from]?.toLowerCase() === word[to]?.toLowerCase())) return undefined;
    return problemAbout(random, words, {
      answer: (word) => word[to] ?? '',
      ask: (word) => asked(word[from] ?? '', from, to),
    });
  };

/** Numbers that differ by one digit or two: all four are written with nearly the same words. */
function alike(random: Random, least: number, most: number): number[] {
  const [ones, tens] = [random.int(1, 4), random.int(1, 5)];
  // No carry from the ones, and no round number: the words of `120` begin those of `121`.
  const first = random.int(Math.ceil(least / 10), Math.floor(most / 10) - tens - 1) * 10 + random.int(1, 9 - ones);
  return [first, first + ones, first + 10 * tens, first + 10 * tens + ones];
}

const number =
  (least: number, most: number, isRead: boolean): Draw =>
  (random) => {
    const language = random.pick(LANGUAGES);
    const wordsOf = (n: number) => NUMBER_WORDS[language]?.(n) ?? '';
    const numbers = most <= SMALL ? random.sample(range(least, most), CHOICES) : alike(random, least, most);
    return problemAbout(random, numbers, {
      answer: (n) => (isRead ? String(n) : wordsOf(n)),
      ask: (n) =>
        isRead
          ? {
              question: `Which number is "${wordsOf(n)}" in ${language}?`,
              cloze: `In ${language}, "${wordsOf(n)}" is the number`,
            }
          : { question: `What is ${n} in ${language} words?`, cloze: `The number ${n} in ${language} words is` },
    });
  };

/** Few numbers: any of them are choices. */
const SMALL = 20;

const range = (least: number, most: number) => Array.from({ length: most - least + 1 }, (_, i) => least + i);

const WORDS: readonly Worked[] = [
  { ...asked('nez', 'French', 'English'), answer: 'nose' },
  { ...asked('spoon', 'English', 'German'), answer: 'Löffel' },
  { ...asked('bosque', 'Spanish', 'English'), answer: 'forest' },
];
const READ: readonly Worked[] = [
  { question: 'Which number is "zéro" in French?', cloze: 'In French, "zéro" is the number', answer: '0' },
  { question: 'Which number is "null" in German?', cloze: 'In German, "null" is the number', answer: '0' },
];
const WRITTEN: readonly Worked[] = [
  { question: 'What is 0 in French words?', cloze: 'The number 0 in French words is', answer: 'zéro' },
  { question: 'What is 0 in German words?', cloze: 'The number 0 in German words is', answer: 'null' },
];
/** Each fact and its fresh twin take one of 240 and of 170 questions. */
const FEW = { supply: 84 };

const level = (summary: string, draws: readonly Draw[], worked: readonly Worked[], few: { supply?: number } = {}) =>
  problemLevel(summary, draws, { worked, ...given(few) });

/** French, German and Spanish. Words, days and months are few; numbers are not. */
export const languages: ProbeFamily = familyFrom('languages', 'recall', [
  level('common words', [translated(COMMON_WORDS)], WORDS, FEW),
  level(
    'numbers to twenty, days and months',
    [translated(WEEKDAYS, MONTHS), number(1, 20, true)],
    [...WORDS, ...READ],
    FEW,
  ),
  level('words of numbers below 100, read', [number(20, 99, true)], READ),
  level('words of numbers below 1,000, read', [number(100, 999, true)], READ),
  level('words of numbers below 100,000, read', [number(1000, 99_999, true)], READ),
  level('words of numbers below 1,000, written', [number(100, 999, false)], WRITTEN),
  level('words of numbers below 100,000, written', [number(1000, 99_999, false)], WRITTEN),
]);
