import { at, capitalize } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { NAMES, NONCE_WORDS, UNCOMMON_NAMES } from '../../words.ts';
import { askedOption, askOne, type Options, optionsQuestion } from '../choice.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';

/** One direction of a scale: `Ann is taller than Ben`, `the tallest`. */
interface Direction {
  readonly more: string;
  readonly most: string;
}

const SCALES = [
  ['taller', 'shorter'],
  ['older', 'younger'],
  ['faster', 'slower'],
  ['heavier', 'lighter'],
  ['richer', 'poorer'],
  ['louder', 'quieter'],
].map((pair) => pair.map((more): Direction => ({ more, most: more.replace(/er$/, 'est') })));

const ORDINALS = ['', 'second ', 'third ', 'fourth ', 'fifth '];
const CHOICES = 4;

const EXAMPLES = `Question: Pam is older than Joe. Joe is older than Kay. Kay is older than Tom. Who is the youngest?
Answer: Tom

Question: Ron is lighter than Liz. Liz is lighter than Hal. Who is the second heaviest?
Answer: Liz

`;

/** People in one order, of which each premise gives two neighbors. The options are places in the order. */
interface Ordering extends Options<number> {
  /** From the most to the least, by `direction`. */
  readonly names: readonly string[];
  /** The direction that the benchmark form uses, and the opposite one. */
  readonly direction: Direction;
  readonly inverse: Direction;
  readonly premises: readonly (readonly [more: number, less: number])[];
  /** For each premise, whether it is said by the opposite direction. */
  readonly turned: readonly boolean[];
  /** `Who is the second tallest?` */
  readonly query: string;
}

interface ChainSize {
  readonly people: number;
  /** From one end to the other, or in any order, or in any order and by both directions. */
  readonly told: 'in order' | 'permuted' | 'permuted and turned';
}

function drawOrdering(random: Random, { people, told }: ChainSize, names: readonly string[]): Ordering {
  const [direction, inverse] = random.shuffle(random.pick(SCALES)) as [Direction, Direction];
  const places = Array.from({ length: people }, (_, place) => place);
  const premises = places.slice(1).map((place) => [place - 1, place] as const);
  const choice = askOne(random, random.sample(places, CHOICES));
  return {
    names: random.sample(names, people),
    direction,
    inverse,
    premises: told === 'in order' ? premises : permuted(random, premises),
    turned: premises.map(() => told === 'permuted and turned' && random.int(0, 1) === 0),
    query: `Who is the ${superlative(random, [direction, inverse], { people, rank: askedOption(choice) })}?`,
    ...choice,
  };
}

/** Counted from the nearer end: `second shortest` of four, not `third tallest`. */
function superlative(
  random: Random,
  [direction, inverse]: readonly [Direction, Direction],
  { people, rank }: { readonly people: number; readonly rank: number },
): string {
  const fromEnd = people - 1 - rank;
  const counted = rank === fromEnd ? random.pick([direction, inverse]) : rank < fromEnd ? direction : inverse;
  return `${at(ORDINALS, Math.min(rank, fromEnd))}${counted.most}`;
}

/** In another order than the given one. */
function permuted<T>(random: Random, premises: readonly T[]): T[] {
  const shuffled = random.shuffle(premises);
  return shuffled.every((premise, i) => premise === premises[i]) ? permuted(random, premises) : shuffled;
}

function phrase(ordering: Ordering): Wording {
  const { direction, inverse, names, premises, turned, query } = ordering;
  const sentences = premises.map(([more, less], i) =>
    at(turned, i)
      ? `${at(names, less)} is ${inverse.more} than ${at(names, more)}.`
      : `${at(names, more)} is ${direction.more} than ${at(names, less)}.`,
  );
  return {
    prompt: `${EXAMPLES}Question: ${sentences.join(' ')} ${query}\nAnswer:`,
    question: optionsQuestion(ordering, (place) => at(names, place)),
  };
}

/** In a row told from end to end, a model can learn places instead of relations. The twins break that pattern. */
export function orderingChain(summary: string, size: ChainSize): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => drawOrdering(random, size, NAMES),
    redraw: (random) => drawOrdering(random, size, UNCOMMON_NAMES),
    exam: phrase,
    formats: {
      nonce: (ordering, random) =>
        phrase({ ...ordering, names: random.sample(NONCE_WORDS, ordering.names.length).map(capitalize) }),
      inverted: (ordering) => phrase({ ...ordering, turned: ordering.turned.map((turned) => !turned) }),
    },
  });
}
