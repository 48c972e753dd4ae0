import type { Question, Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';
import { numberQuestion } from './wrong-numbers.ts';

interface Operator {
  readonly sign: string;
  readonly apply: (a: number, b: number) => number;
}

const PLUS: Operator = { sign: '+', apply: (a, b) => a + b };
const MINUS: Operator = { sign: '-', apply: (a, b) => a - b };
const TIMES: Operator = { sign: '*', apply: (a, b) => a * b };

interface Sum {
  readonly operator: Operator;
  readonly a: number;
  readonly b: number;
}

interface Exercise extends Sum {
  readonly question: Question;
}

const EXAMPLES: readonly Sum[] = [
  { operator: PLUS, a: 14, b: 5 },
  { operator: MINUS, a: 17, b: 9 },
  { operator: TIMES, a: 3, b: 6 },
];

const inSigns = ({ operator, a, b }: Sum) => `${a} ${operator.sign} ${b} =`;
const unspaced = ({ operator, a, b }: Sum) => `${a}${operator.sign}${b} =`;

function phrase(line: (sum: Sum) => string, { question, ...sum }: Exercise): Wording {
  const worked = EXAMPLES.map((each) => `${line(each)} ${each.operator.apply(each.a, each.b)}`);
  return { prompt: [...worked, line(sum)].join('\n'), question };
}

/** Sums and differences without a story, of numbers from these ranges. */
export function bare(summary: string, ranges: Readonly<Record<'a' | 'b', readonly [number, number]>>): ProbeRecipe {
  const draw = (random: Random): Exercise | undefined => {
    const operator = random.pick([PLUS, MINUS]);
    const [a, b] = [random.int(...ranges.a), random.int(...ranges.b)];
    const answer = operator.apply(a, b);
    const mistakes = [a + b, a - b, answer - 10, answer + 10];
    const question = numberQuestion(random, answer, { mistakes, given: [a, b] });
    return question && { operator, a, b, question };
  };
  return recipe({
    summary,
    draw,
    redraw: draw,
    exam: (exercise) => phrase(inSigns, exercise),
    formats: { unspaced: (exercise) => phrase(unspaced, exercise) },
  });
}
