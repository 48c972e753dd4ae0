import { at } from '../../platform/at.ts';
import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Pair, Phrasing, ProbeFamily } from './family.ts';
import { capitalize, NAMES, NONCE_WORDS } from './words.ts';

/** One direction of a scale: `Ann is taller than Ben`, `the tallest`. */
interface Direction {
  readonly more: string;
  readonly most: string;
}

const SCALES: readonly (readonly [Direction, Direction])[] = [
  [
    { more: 'taller', most: 'tallest' },
    { more: 'shorter', most: 'shortest' },
  ],
  [
    { more: 'older', most: 'oldest' },
    { more: 'younger', most: 'youngest' },
  ],
  [
    { more: 'faster', most: 'fastest' },
    { more: 'slower', most: 'slowest' },
  ],
  [
    { more: 'heavier', most: 'heaviest' },
    { more: 'lighter', most: 'lightest' },
  ],
  [
    { more: 'richer', most: 'richest' },
    { more: 'poorer', most: 'poorest' },
  ],
  [
    { more: 'louder', most: 'loudest' },
    { more: 'quieter', most: 'quietest' },
  ],
];

const ORDINALS = ['', 'second ', 'third '];
const CHOICES = 4;

/** The ranks that questions ask for, from 0, for each number of people. They are drawn with equal probability. */
const RANKS = [4, 5].flatMap((people) => Array.from({ length: people }, (_, rank) => ({ people, rank })));

const EXAMPLES = `Question: Pam is older than Joe. Joe is older than Kay. Kay is older than Tom. Who is the youngest?
Answer: Tom

Question: Ron is lighter than Liz. Liz is lighter than Hal. Who is the second heaviest?
Answer: Liz

`;

/** Two places in the order, the one with more first. */
type Premise = readonly [more: number, less: number];

interface Ordering {
  /** The direction that the benchmark form uses, and the opposite one. */
  readonly direction: Direction;
  readonly inverse: Direction;
  /** From the most to the least, by `direction`. */
  readonly names: readonly string[];
  readonly premises: readonly Premise[];
  /** `Who is the second tallest?` */
  readonly query: string;
  /** Places in the order. */
  readonly choices: readonly number[];
  readonly rank: number;
}

function drawOrdering(random: Random, { people, rank }: (typeof RANKS)[number]): Ordering {
  const [direction, inverse] = random.shuffle(random.pick(SCALES)) as [Direction, Direction];
  const places = Array.from({ length: people }, (_, place) => place);
  const others = random.sample(
    places.filter((place) => place !== rank),
    CHOICES - 1,
  );
  return {
    direction,
    inverse,
    names: random.sample(NAMES, people),
    premises: places.slice(1).map((place): Premise => [place - 1, place]),
    query: `Who is the ${superlative(random, [direction, inverse], { people, rank })}?`,
    choices: random.shuffle([rank, ...others]),
    rank,
  };
}

/** Counted from the nearer end: `second shortest` of four, not `third tallest`. */
function superlative(
  random: Random,
  [direction, inverse]: readonly [Direction, Direction],
  { people, rank }: (typeof RANKS)[number],
): string {
  const fromEnd = people - 1 - rank;
  const counted = rank === fromEnd ? random.pick([direction, inverse]) : rank < fromEnd ? direction : inverse;
  return `${ORDINALS[Math.min(rank, fromEnd)]}${counted.most}`;
}

/** In another order than the given one. */
function permutePremises(random: Random, premises: readonly Premise[]): Premise[] {
  const shuffled = random.shuffle(premises);
  return shuffled.every((premise, i) => premise === premises[i]) ? permutePremises(random, premises) : shuffled;
}

function phrase(template: string, ordering: Ordering): Phrasing {
  const { direction, names, premises, query, choices, rank } = ordering;
  const sentences = premises.map(([more, less]) => `${names[more]} is ${direction.more} than ${names[less]}.`);
  return {
    template,
    prompt: `${EXAMPLES}Question: ${sentences.join(' ')} ${query}\nAnswer:`,
    question: {
      kind: 'choice',
      choices: choices.map((place) => at(names, place)),
      answer: choices.indexOf(rank),
      scoring: 'raw',
    },
  };
}

function orderingOfTwin(random: Random, ordering: Ordering, template: string): Ordering {
  switch (template) {
    case 'nonce':
      return { ...ordering, names: random.sample(NONCE_WORDS, ordering.names.length).map(capitalize) };
    case 'inverted':
      return {
        ...ordering,
        direction: ordering.inverse,
        premises: ordering.premises.map(([more, less]) => [less, more]),
      };
    case 'permuted':
      return { ...ordering, premises: permutePremises(random, ordering.premises) };
    default:
      throw new Error(`unknown twin template ${template}`);
  }
}

/**
 * Four or five people in one order, of which each premise gives two neighbors. The premises of the benchmark form go
 * from one end to the other (`A … B. B … C.`), so a model can learn places instead of relations. The twins break that
 * pattern.
 */
export const transitiveOrdering: ProbeFamily = {
  name: 'transitive-ordering',
  capability: 'reasoning',
  levels: [
    {
      summary: 'four or five people in a chain',
      twins: [
        { name: 'nonce', kind: 'fresh' },
        { name: 'inverted', kind: 'format' },
        { name: 'permuted', kind: 'format' },
      ],
    },
  ],
  draw(random, templates) {
    const seen = new Set<string>();
    return templates.map((template): Pair => {
      const draw = () => drawOrdering(random, random.pick(RANKS));
      const ordering = drawNew(seen, draw, (drawn) => phrase('exam', drawn).prompt);
      const twin = phrase(template, orderingOfTwin(random, ordering, template));
      return { benchmark: phrase('exam', ordering), twin };
    });
  },
};
