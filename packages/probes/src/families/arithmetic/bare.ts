import type { Question, Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { type ProbeRecipe, recipe, redrawn } from '../recipe.ts';
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

/** The range of the first number, and of the second. */
interface Ranges {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly times?: boolean;
}

function drawExercise(random: Random, { a: ofA, b: ofB, times = false }: Ranges): Exercise | undefined {
  const operator = times ? TIMES : random.pick([PLUS, MINUS]);
  const [a, b] = [random.int(...ofA), random.int(...ofB)];
  const answer = operator.apply(a, b);
  const mistakes = times
    ? [a * (b - 1), a * (b + 1), (a - 10) * b, (a + 10) * b]
    : [a + b, a - b, answer - 10, answer + 10];
  const question = numberQuestion(random, answer, { mistakes, given: [a, b] });
  return question && { operator, a, b, question };
}

/** A sum without a story. */
export function bare(summary: string, ranges: Ranges): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => drawExercise(random, ranges),
    exam: (exercise) => phrase(inSigns, exercise),
    twins: [
      redrawn(
        (random) => drawExercise(random, ranges),
        (exercise) => phrase(inSigns, exercise),
      ),
      { name: 'unspaced', kind: 'format', phrase: (_, exercise) => phrase(unspaced, exercise) },
    ],
  });
}
