import { at } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { askOne, type Options, textQuestion } from '../choice.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';

/** A question, and a sentence that its answer completes. */
interface Asked {
  readonly question: string;
  readonly cloze: string;
}

export interface Problem extends Asked, Options<string> {}

/** Undefined for a draw that has to be made again. */
export type Draw = (random: Random) => Problem | undefined;

export type Worked = Asked & { readonly answer: string };

/** The answers to a question about each of these things; one is asked for, each equally often. */
export function problemAbout<T>(
  random: Random,
  things: readonly T[],
  { ask, answer }: { readonly ask: (asked: T, shown: readonly T[]) => Asked; readonly answer: (thing: T) => string },
): Problem | undefined {
  const { options, asked } = askOne(random, things);
  const answers = options.map(answer);
  // The likelihood of an answer would include that of another one that begins with it.
  if (answers.some((own, i) => answers.some((other, k) => i !== k && other.startsWith(own)))) return undefined;
  return { ...ask(at(options, asked), options), options: answers, asked };
}

const WINDOW = 4;

/** The answer among whole numbers in a row, of which any can be the answer. Undefined if one is below 0. */
export function numberProblem(
  random: Random,
  asked: Asked,
  { answer, step, unit = '' }: { readonly answer: number; readonly step: number; readonly unit?: string },
): Problem | undefined {
  const first = answer - step * random.int(0, WINDOW - 1);
  if (answer - step * (WINDOW - 1) < 0) return undefined;
  const options = random.shuffle(Array.from({ length: WINDOW }, (_, i) => first + i * step));
  return { ...asked, options: options.map((n) => `${n}${unit}`), asked: options.indexOf(answer) };
}

const asQuestion = ({ question }: Asked) => `Question: ${question}\nAnswer:`;
const asCloze = ({ cloze }: Asked) => cloze;

type Writer = (asked: Asked) => string;

/** A level that draws from one of these kinds of question. A fresh twin is of the same kind. */
export function problemLevel(
  summary: string,
  draws: readonly Draw[],
  { worked, supply }: { readonly worked: readonly Worked[]; readonly supply?: number },
): ProbeRecipe {
  const phrase = (write: Writer, { options, asked, ...problem }: Problem): Wording => ({
    prompt: [...worked.map((each) => `${write(each)} ${each.answer}`), write(problem)].join('\n\n'),
    question: textQuestion(options, asked),
  });
  interface Fact {
    readonly draw: Draw;
    readonly problem: Problem;
  }
  const drawn = (draw: Draw, random: Random): Fact | undefined => {
    const problem = draw(random);
    return problem && { draw, problem };
  };
  return recipe<Fact>({
    summary,
    ...(supply === undefined ? {} : { supply }),
    draw: (random) => drawn(random.pick(draws), random),
    redraw: (random, { draw }) => drawn(draw, random),
    exam: ({ problem }) => phrase(asQuestion, problem),
    formats: { cloze: ({ problem }) => phrase(asCloze, problem) },
  });
}

/** `4, 7, 1 and 9` */
export function inWords(things: readonly unknown[]): string {
  return `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`;
}
