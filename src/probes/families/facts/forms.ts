import { at } from '../../../platform/at.ts';
import type { Random } from '../../random.ts';
import type { Phrasing } from '../family.ts';
import { capitalize } from '../words.ts';
import { EXAM, otherStyles, type Problem, printPaper, type Style } from './paper.ts';
import { asOption, type Entry, fill, type Relation } from './relation.ts';

/** An entry and three others of its pool, whose objects are wrong for it, in the order of the options. */
export interface DrawnQuestion {
  readonly relation: Relation;
  readonly options: readonly Entry[];
  /** Index of the entry that the question is about. */
  readonly answer: number;
}

interface WorkedProblem extends Problem {
  /** The sentence that the right option completes. */
  readonly cloze: string;
}

/** They come before each question, in its format: small base models answer in a format only if they have seen it. */
const WORKED: readonly WorkedProblem[] = [
  {
    question: 'What is the color of a ripe lemon?',
    cloze: 'The color of a ripe lemon is',
    options: ['blue', 'yellow', 'black', 'purple'],
    answer: 1,
  },
  {
    question: 'What is the number of days in a week?',
    cloze: 'The number of days in a week is',
    options: ['nine', 'five', 'six', 'seven'],
    answer: 3,
  },
];

/** With this opening, a cloze prompt is as long as the exam. */
const OPENING = 'These sentences are completed with words, names or numbers.';

const NONE = 'None of these';
/** In one of this many questions, that is the right option: as often as any other place. */
const NONE_IS_RIGHT = 4;

export function entryOf({ options, answer }: DrawnQuestion): Entry {
  return at(options, answer);
}

function problemOf(drawn: DrawnQuestion): Problem {
  return {
    question: fill(drawn.relation.question, entryOf(drawn)),
    options: drawn.options.map(({ object }) => object),
    answer: drawn.answer,
  };
}

function onPaper(
  template: string,
  problem: Problem,
  style: Style = EXAM,
  worked: readonly Problem[] = WORKED,
): Phrasing {
  return {
    template,
    prompt: printPaper(style, worked, problem),
    question: { kind: 'choice', choices: style.labels, answer: problem.answer, scoring: 'raw' },
  };
}

export function exam(drawn: DrawnQuestion): Phrasing {
  return onPaper('exam', problemOf(drawn));
}

/** The options as a list, and a sentence that one of them completes. */
export function cloze(drawn: DrawnQuestion): Phrasing {
  const { options, answer } = problemOf(drawn);
  const sentence = capitalize(fill(drawn.relation.cloze, entryOf(drawn)));
  const solved = WORKED.map((each) => `${clozeOf(each.options, each.cloze)} ${each.options[each.answer]}.`);
  return {
    template: 'cloze',
    prompt: [OPENING, ...solved, clozeOf(options, sentence)].join('\n\n'),
    question: { kind: 'choice', choices: options, answer, scoring: 'per-character' },
  };
}

function clozeOf(options: readonly string[], sentence: string): string {
  const list = `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`;
  return `The next sentence ends with one of these four: ${list}.\n${sentence}`;
}

/** The question asks for the subject. @throws Error for a relation without an inverse */
export function reversed({ relation, options, answer }: DrawnQuestion): Phrasing {
  if (relation.reversed === undefined) throw new Error(`${relation.name} cannot be reversed`);
  return onPaper('reversed', {
    question: fill(relation.reversed, entryOf({ relation, options, answer })),
    options: options.map(({ subject }) => asOption(subject)),
    answer,
  });
}

/** Other labels, marks and headings, and the options in another order. */
export function restyled(drawn: DrawnQuestion, random: Random): Phrasing {
  const problem = problemOf(drawn);
  return onPaper('restyled', reordered(problem, random), random.pick(otherStyles(problem.options)));
}

function reordered(problem: Problem, random: Random): Problem {
  const options = random.shuffle(problem.options);
  if (options.every((option, i) => option === problem.options[i])) return reordered(problem, random);
  return { ...problem, options, answer: options.indexOf(at(problem.options, problem.answer)) };
}

/** The last option replaces a wrong one or, now and then, the right one. */
export function noneOfThese(drawn: DrawnQuestion, random: Random): Phrasing {
  const { question, options, answer } = reordered(problemOf(drawn), random);
  const others = options.filter((_, i) => i !== answer);
  const isRight = random.int(1, NONE_IS_RIGHT) === 1;
  const kept = isRight ? others : random.shuffle([at(options, answer), ...others.slice(1)]);
  return onPaper(
    'none-of-these',
    { question, options: [...kept, NONE], answer: isRight ? kept.length : kept.indexOf(at(options, answer)) },
    EXAM,
    WORKED.map((each) => ({ ...each, options: [...each.options.slice(0, -1), NONE] })),
  );
}
