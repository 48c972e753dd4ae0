import { at } from '@shadow-gate/platform';
import type { Question, Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';
import { type Cast, type CastVocabulary, COMMON, drawCast, fillGaps, UNCOMMON } from './cast.ts';
import { numberQuestion } from './wrong-numbers.ts';

interface Event {
  readonly sentence: string;
  readonly numbers: readonly number[];
  readonly apply: (before: number) => number;
}

/** Draws an event for a story with numbers of about this size. */
type EventKind = (random: Random, size: number) => Event;

const some = (random: Random, size: number): number => random.int(Math.ceil(size / 5), size);

function changeBySome(sentence: string, sign: 1 | -1): EventKind {
  return (random, size) => {
    const n = some(random, size);
    return { sentence, numbers: [n], apply: (before) => before + sign * n };
  };
}

const BUYS = changeBySome('{A} buys {n} more {many}.', 1);
const GIVES = changeBySome('{A} gives {n} {many} to {B}.', -1);
const LOSES = changeBySome('{A} loses {n} {many}.', -1);
const BOXES: EventKind = (random, size) => {
  const [n, m] = [random.int(2, 9), random.int(3, Math.max(4, Math.ceil(size / 8)))];
  return {
    sentence: '{A} buys {n} boxes with {m} {many} each.',
    numbers: [n, m],
    apply: (before) => before + n * m,
  };
};
const DOUBLES: EventKind = () => ({
  sentence: '{C} doubles the number of {many} that {A} has.',
  numbers: [],
  apply: (before) => before * 2,
});
const HALVES: EventKind = () => ({
  sentence: '{A} sells half of the {many}.',
  numbers: [],
  apply: (before) => before / 2,
});

const SIMPLE = [BUYS, GIVES, LOSES];
const ALL = [...SIMPLE, BOXES, DOUBLES, HALVES];

interface Chain {
  readonly start: number;
  readonly events: readonly Event[];
  readonly question: Question;
  readonly cast: Cast;
}

interface ChainSize {
  readonly steps: number;
  /** About the largest number. */
  readonly size: number;
  readonly kinds: 'simple' | 'all';
}

/** Counts after each event; undefined unless all are whole, positive and of the same size. */
function follow(start: number, events: readonly Event[], size: number): number[] | undefined {
  const counts = [start];
  for (const { apply } of events) counts.push(apply(at(counts, counts.length - 1)));
  return counts.every((n) => Number.isInteger(n) && n > 1 && n < 5 * size) ? counts : undefined;
}

function drawChain(random: Random, { steps, size, kinds }: ChainSize, vocabulary: CastVocabulary): Chain | undefined {
  const start = some(random, size);
  const events = Array.from({ length: steps }, () => random.pick(kinds === 'all' ? ALL : SIMPLE)(random, size));
  const counts = follow(start, events, size);
  const numbers = [start, ...events.flatMap((event) => event.numbers)];
  if (counts === undefined || new Set(numbers).size < numbers.length) return undefined;
  // A mistake: one event is left out.
  const mistakes = events.flatMap((_, i) => follow(start, events.toSpliced(i, 1), size)?.at(-1) ?? []);
  const question = numberQuestion(random, at(counts, steps), { mistakes, given: numbers });
  return question && { start, events, question, cast: drawCast(random, vocabulary) };
}

const EXAMPLES = `Question: Kate has 6 cups. Kate buys 3 more cups. How many cups does Kate have now?
Answer: 9

Question: Tom has 14 pots. Tom loses 2 pots. How many pots does Tom have now?
Answer: 12

Question: Ann has 8 keys. Ann gives 5 keys to Bob. How many keys does Ann have now?
Answer: 3

`;

function tell({ start, events, question, cast }: Chain): Wording {
  const sentences = [
    fillGaps('{A} has {n} {many}.', { ...cast, n: start }),
    ...events.map(({ sentence, numbers: [n, m] }) => fillGaps(sentence, { ...cast, n, m })),
    fillGaps('How many {many} does {A} have now?', cast),
  ];
  return { prompt: `${EXAMPLES}Question: ${sentences.join(' ')}\nAnswer:`, question };
}

export function arithmeticChain(summary: string, size: ChainSize): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => drawChain(random, size, COMMON),
    redraw: (random) => drawChain(random, size, UNCOMMON),
    exam: tell,
    formats: { renamed: (drawn, random) => tell({ ...drawn, cast: drawCast(random, UNCOMMON) }) },
  });
}
