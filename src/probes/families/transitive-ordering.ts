import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Family, Pair, Phrasing } from './family.ts';
import { capitalised, NAMES, NONCE_WORDS } from './words.ts';

/** One end of a scale: `Ann is taller than Ben`, `the tallest`. */
interface Side {
  readonly more: string;
  readonly most: string;
}

const SCALES: readonly (readonly [Side, Side])[] = [
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

/** The rank that is asked for, 0 the first, among so many people: each is asked equally often. */
const ASKED = [4, 5].flatMap((people) => Array.from({ length: people }, (_, rank) => ({ people, rank })));

const EXAMPLES = `Question: Pam is older than Joe. Joe is older than Kay. Kay is older than Tom. Who is the youngest?
Answer: Tom

Question: Ron is lighter than Liz. Liz is lighter than Hal. Who is the second heaviest?
Answer: Liz

`;

/** Who is more than whom, by places in the order: each more than the one after. */
type Premise = readonly [more: number, less: number];

interface Fact {
  /** In whose words the benchmark form tells it, and the other side of the scale. */
  readonly side: Side;
  readonly inverse: Side;
  /** From the most to the least, by `side`. */
  readonly names: readonly string[];
  readonly premises: readonly Premise[];
  /** `Who is the second tallest?` */
  readonly query: string;
  /** Places in the order. */
  readonly choices: readonly number[];
  readonly rank: number;
}

function drawFact(random: Random, { people, rank }: (typeof ASKED)[number]): Fact {
  const [side, inverse] = random.shuffle(random.pick(SCALES)) as [Side, Side];
  const places = Array.from({ length: people }, (_, place) => place);
  const others = random.sample(
    places.filter((place) => place !== rank),
    CHOICES - 1,
  );
  return {
    side,
    inverse,
    names: random.sample(NAMES, people),
    premises: places.slice(1).map((place): Premise => [place - 1, place]),
    query: `Who is the ${superlative(random, side, inverse, people, rank)}?`,
    choices: random.shuffle([rank, ...others]),
    rank,
  };
}

/** Counted from the nearer end: `second shortest`, not `third tallest` of four. */
function superlative(random: Random, side: Side, inverse: Side, people: number, rank: number): string {
  const fromEnd = people - 1 - rank;
  const counted = rank === fromEnd ? random.pick([side, inverse]) : rank < fromEnd ? side : inverse;
  return `${ORDINALS[Math.min(rank, fromEnd)]}${counted.most}`;
}

/** Any order but the given one. */
function permuted(random: Random, premises: readonly Premise[]): Premise[] {
  const mixed = random.shuffle(premises);
  return mixed.every((premise, i) => premise === premises[i]) ? permuted(random, premises) : mixed;
}

function phrase(template: string, fact: Fact): Phrasing {
  const { side, names, premises, query, choices, rank } = fact;
  const told = premises.map(([more, less]) => `${names[more]} is ${side.more} than ${names[less]}.`);
  return {
    template,
    prompt: `${EXAMPLES}Question: ${told.join(' ')} ${query}\nAnswer:`,
    question: {
      kind: 'choice',
      choices: choices.map((place) => names[place] ?? ''),
      answer: choices.indexOf(rank),
      scoring: 'raw',
    },
  };
}

function retold(random: Random, fact: Fact, kind: string): Fact {
  switch (kind) {
    case 'nonce':
      return { ...fact, names: random.sample(NONCE_WORDS, fact.names.length).map(capitalised) };
    case 'inverted':
      return { ...fact, side: fact.inverse, premises: fact.premises.map(([more, less]) => [less, more]) };
    case 'permuted':
      return { ...fact, premises: permuted(random, fact.premises) };
    default:
      throw new Error(`no twin of kind ${kind}`);
  }
}

/**
 * Four or five people in one order, which the premises give by neighbours, from one end to the other. The benchmark form
 * links them (`A … B. B … C.`), so that a model may learn places instead of relations: the twins break that habit.
 */
export const transitiveOrdering: Family = {
  name: 'transitive-ordering',
  capability: 'reasoning',
  twins: ['nonce', 'inverted', 'permuted'],
  draw(random, kinds) {
    const seen = new Set<string>();
    return kinds.map((kind): Pair => {
      const draw = () => drawFact(random, random.pick(ASKED));
      const fact = drawNew(seen, draw, (drawn) => phrase('exam', drawn).prompt);
      return { benchmark: phrase('exam', fact), twin: phrase(kind, retold(random, fact, kind)) };
    });
  },
};
