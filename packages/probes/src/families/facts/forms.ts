import { at, capitalize } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import { textQuestion } from '../choice.ts';

import { asOption, type Entry, fill, type Relation } from './relation.ts';

/** An entry and three others of its pool with wrong objects, in the order of the options. */
export interface DrawnQuestion {
  readonly relation: Relation;
  readonly options: readonly Entry[];
  /** Index of the entry that the question is about. */
  readonly answer: number;
}

interface Worked {
  readonly question: string;
  /** The sentence that the answer completes. */
  readonly cloze: string;
  readonly options: readonly string[];
  readonly answer: string;
}

/** They come before each question, in its format: small base models answer in a format only if they have seen it. */
const WORKED: readonly Worked[] = [
  {
    question: 'What is the color of a ripe lemon?',
    cloze: 'The color of a ripe lemon is',
    options: ['blue', 'yellow', 'black', 'purple'],
    answer: 'yellow',
  },
  {
    question: 'What is the number of days in a week?',
    cloze: 'The number of days in a week is',
    options: ['nine', 'five', 'six', 'seven'],
    answer: 'seven',
  },
];

function answerEntry({ options, answer }: DrawnQuestion): Entry {
  return at(options, answer);
}

/** Worked problems with their answers, and one without. The prompts show no options unless `line` does. */
function phrase<T>(
  line: (problem: T) => string,
  { worked, open }: { readonly worked: readonly (readonly [T, answer: string])[]; readonly open: T },
  [choices, answer]: readonly [readonly string[], number],
): Wording {
  const solved = worked.map(([problem, text]) => `${line(problem)} ${text}`);
  return { prompt: [...solved, line(open)].join('\n\n'), question: textQuestion(choices, answer) };
}

const asQuestion = (question: string) => `Question: ${question}\nAnswer:`;

const objects = ({ options, answer }: DrawnQuestion) => [options.map(({ object }) => object), answer] as const;

/** The question, and nothing else: the answer has to be known. */
export function factExam(drawn: DrawnQuestion): Wording {
  return phrase(
    asQuestion,
    {
      worked: WORKED.map(({ question, answer }) => [question, answer]),
      open: fill(drawn.relation.question, answerEntry(drawn)),
    },
    objects(drawn),
  );
}

/** A sentence that the answer completes. */
export function factCloze(drawn: DrawnQuestion): Wording {
  const open = capitalize(fill(drawn.relation.cloze, answerEntry(drawn)));
  return phrase(String, { worked: WORKED.map((each) => [each.cloze, `${each.answer}.`]), open }, objects(drawn));
}

/** The exam question with its options, which are answered by their text. */
export function namedFact(drawn: DrawnQuestion): Wording {
  const [choices] = objects(drawn);
  const line = ({ question, options }: Pick<Worked, 'question' | 'options'>) =>
    `Question: ${question}\nOptions: ${options.join(', ')}\nAnswer:`;
  return phrase(
    line,
    {
      worked: WORKED.map((each) => [each, each.answer]),
      open: { question: fill(drawn.relation.question, answerEntry(drawn)), options: choices },
    },
    objects(drawn),
  );
}

/** The question asks for the subject. @throws Error for a relation without an inverse */
export function reversedFact(drawn: DrawnQuestion): Wording {
  const { relation, options, answer } = drawn;
  if (relation.reversed === undefined) throw new Error(`${relation.name} cannot be reversed`);
  return phrase(
    asQuestion,
    {
      worked: WORKED.map(({ question, answer: text }) => [question, text]),
      open: fill(relation.reversed, answerEntry(drawn)),
    },
    [options.map(({ subject }) => asOption(subject)), answer],
  );
}
