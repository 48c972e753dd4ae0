import { at, capitalize } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import { textQuestion } from '../choice.ts';
import { asOption, type Entry, fill, type Relation } from './relation.ts';

/** An entry and three others of its pool with wrong objects, in the order of the options. */
export interface DrawnQuestion {
  readonly relation: Relation;
  readonly options: readonly Entry[];
  readonly answer: number;
}

/** A question with its options, in two forms. */
interface Problem {
  readonly question: string;
  /** The sentence that the answer completes. */
  readonly cloze: string;
  readonly options: readonly string[];
}

/** They come before each question, in its format: small base models answer in a format only if they have seen it. */
const WORKED: readonly (Problem & { readonly answer: string })[] = [
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

function problemOf({ relation, options, answer }: DrawnQuestion): Problem {
  const entry = at(options, answer);
  return {
    question: fill(relation.question, entry),
    cloze: capitalize(fill(relation.cloze, entry)),
    options: options.map(({ object }) => object),
  };
}

/** Worked problems with their answers, and one without. The prompts show no options unless `line` does. */
function phrase(line: (problem: Problem) => string, problem: Problem, { answer }: DrawnQuestion, end = ''): Wording {
  const worked = WORKED.map((each) => `${line(each)} ${each.answer}${end}`);
  return { prompt: [...worked, line(problem)].join('\n\n'), question: textQuestion(problem.options, answer) };
}

const asQuestion = ({ question }: Problem) => `Question: ${question}\nAnswer:`;
const withOptions = ({ question, options }: Problem) =>
  `Question: ${question}\nOptions: ${options.join(', ')}\nAnswer:`;

/** The question, and nothing else: the answer has to be known. */
export const factExam = (drawn: DrawnQuestion): Wording => phrase(asQuestion, problemOf(drawn), drawn);

export const factCloze = (drawn: DrawnQuestion): Wording => phrase(({ cloze }) => cloze, problemOf(drawn), drawn, '.');

/** The exam question with its options, which are answered by their text. */
export const namedFact = (drawn: DrawnQuestion): Wording => phrase(withOptions, problemOf(drawn), drawn);

/** The question asks for the subject. @throws Error for a relation without an inverse */
export function reversedFact(drawn: DrawnQuestion): Wording {
  const { relation, options, answer } = drawn;
  if (relation.reversed === undefined) throw new Error(`${relation.name} cannot be reversed`);
  const question = fill(relation.reversed, at(options, answer));
  const subjects = options.map(({ subject }) => asOption(subject));
  return phrase(asQuestion, { ...problemOf(drawn), question, options: subjects }, drawn);
}
