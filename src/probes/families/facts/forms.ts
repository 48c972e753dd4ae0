import type { Random } from '../../random.ts';
import type { Phrasing } from '../family.ts';
import { capitalised } from '../words.ts';
import { EXAM, otherStyles, type Problem, printPaper, type Style } from './paper.ts';
import { asOption, type Fact, fill, type Relation } from './relation.ts';

/** A fact among three of its pool whose objects are wrong for it, in the order of the options. */
export interface Draw {
  readonly relation: Relation;
  readonly options: readonly Fact[];
  /** Index of the fact that is asked. */
  readonly answer: number;
}

interface WorkedProblem extends Problem {
  /** The sentence that the right option ends. */
  readonly cloze: string;
}

/** Before each question, in the format of its form: small base models answer in a format only after seeing it. */
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

/** Begins a cloze, which is as long as an exam paper then. */
const OPENING = 'These sentences are completed with words, names or numbers.';

const NONE = 'None of these';
/** Every so many questions have no right option but that: as often as any other place is right. */
const NONE_IS_RIGHT = 4;

export function asked({ options, answer }: Draw): Fact {
  const fact = options[answer];
  if (fact === undefined) throw new Error(`no option ${answer}`);
  return fact;
}

function problemOf(draw: Draw): Problem {
  return {
    question: fill(draw.relation.question, asked(draw)),
    options: draw.options.map(({ object }) => object),
    answer: draw.answer,
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

export function exam(draw: Draw): Phrasing {
  return onPaper('exam', problemOf(draw));
}

/** The options as a word bank, and a sentence for one of them to end. */
export function cloze(draw: Draw): Phrasing {
  const { options, answer } = problemOf(draw);
  const sentence = capitalised(fill(draw.relation.cloze, asked(draw)));
  const solved = WORKED.map((each) => `${clozeOf(each.options, each.cloze)} ${each.options[each.answer]}.`);
  return {
    template: 'cloze',
    prompt: [OPENING, ...solved, clozeOf(options, sentence)].join('\n\n'),
    question: { kind: 'choice', choices: options, answer, scoring: 'per-character' },
  };
}

function clozeOf(options: readonly string[], sentence: string): string {
  const bank = `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`;
  return `The next sentence ends with one of these four: ${bank}.\n${sentence}`;
}

/** The subject is asked for. @throws Error for a relation without an inverse */
export function reversed({ relation, options, answer }: Draw): Phrasing {
  if (relation.reversed === undefined) throw new Error(`${relation.name} cannot be reversed`);
  return onPaper('reversed', {
    question: fill(relation.reversed, asked({ relation, options, answer })),
    options: options.map(({ subject }) => asOption(subject)),
    answer,
  });
}

/** Other labels, marks and headings, and the options in another order. */
export function restyled(draw: Draw, random: Random): Phrasing {
  const problem = problemOf(draw);
  return onPaper('restyled', reordered(problem, random), random.pick(otherStyles(problem.options)));
}

function reordered(problem: Problem, random: Random): Problem {
  const options = random.shuffle(problem.options);
  if (options.every((option, i) => option === problem.options[i])) return reordered(problem, random);
  return { ...problem, options, answer: options.indexOf(problem.options[problem.answer] ?? '') };
}

/** The last option stands for one that was taken out: a wrong one, or now and then the right one. */
export function noneOfThese(draw: Draw, random: Random): Phrasing {
  const { question, options, answer } = reordered(problemOf(draw), random);
  const others = options.filter((_, i) => i !== answer);
  const isRight = random.int(1, NONE_IS_RIGHT) === 1;
  const kept = isRight ? others : random.shuffle([options[answer] ?? '', ...others.slice(1)]);
  return onPaper(
    'none-of-these',
    { question, options: [...kept, NONE], answer: isRight ? kept.length : kept.indexOf(options[answer] ?? '') },
    EXAM,
    WORKED.map((each) => ({ ...each, options: [...each.options.slice(0, -1), NONE] })),
  );
}
