import type { Wording } from '../item.ts';
import type { Random } from '../random.ts';
import { capitals, stateCapitals } from './facts/capitals.ts';
import { atomicNumbers, symbols } from './facts/elements.ts';
import { events } from './facts/events.ts';
import { type DrawnQuestion, factCloze, factExam, namedFact, reversedFact } from './facts/forms.ts';
import { continents, rivers, smallTowns, towns } from './facts/geography.ts';
import { gods } from './facts/gods.ts';
import { instruments, polygons, units } from './facts/measures.ts';
import { animals, organs, young } from './facts/nature.ts';
import type { Entry, Pool, Relation } from './facts/relation.ts';
import { planets, sciences } from './facts/sciences.ts';
import { authors, composers, painters } from './facts/works.ts';
import type { ProbeFamily, TwinTemplate } from './family.ts';

/** Chosen to be undisputed, and to be true in ten years as well. */
export const RELATIONS: readonly Relation[] = [
  animals,
  atomicNumbers,
  authors,
  capitals,
  composers,
  continents,
  events,
  gods,
  instruments,
  organs,
  painters,
  planets,
  polygons,
  rivers,
  sciences,
  stateCapitals,
  smallTowns,
  symbols,
  towns,
  units,
  young,
];

const WRONG = 3;

/** The entries of one relation at one level that a suite has not used yet. */
interface Deck {
  readonly relation: Relation;
  readonly pools: readonly Pool[];
  readonly left: Entry[];
  used: number;
}

function decksOf(random: Random, level: number): Deck[] {
  return RELATIONS.map((relation) => ({ relation, pools: relation.pools.filter((pool) => pool.level === level) }))
    .filter(({ pools }) => pools.length > 0)
    .map((deck) => ({ ...deck, left: random.shuffle(deck.pools.flatMap(({ entries }) => entries)), used: 0 }));
}

/** One of the least used relations that have entries left and the form that is needed. */
function nextDeck(random: Random, decks: readonly Deck[], template: string): Deck {
  const able = decks.filter(({ relation, left }) => left.length > 0 && (template !== 'reversed' || relation.reversed));
  const least = Math.min(...able.map(({ used }) => used));
  return random.pick(able.filter(({ used }) => used === least));
}

/** An entry and three others of its pool, with three other objects, in random order. */
function drawQuestion(random: Random, { relation, pools }: Deck, entry: Entry): DrawnQuestion {
  const pool = pools.find(({ entries }) => entries.includes(entry))?.entries ?? [];
  const others = [...new Set(pool.map(({ object }) => object))].filter((object) => object !== entry.object);
  const wrong = random
    .sample(others, WRONG)
    .map((object) => random.pick(pool.filter((candidate) => candidate.object === object)));
  const options = random.shuffle([entry, ...wrong]);
  return { relation, options, answer: options.indexOf(entry) };
}

const FORMS: Readonly<Record<string, (drawn: DrawnQuestion) => Wording>> = {
  cloze: factCloze,
  options: namedFact,
  reversed: reversedFact,
};

const CLOZE: TwinTemplate = { name: 'cloze', kind: 'open' };
const OPTIONS: TwinTemplate = { name: 'options', kind: 'format' };
const REVERSED: TwinTemplate = { name: 'reversed', kind: 'open' };

/** Knowledge from training. `supply`: facts that a level's relations hold with all forms, in any order of drawing. */
export const facts: ProbeFamily = {
  name: 'facts',
  capability: 'recall',
  levels: [
    { summary: 'what every school teaches', twins: [CLOZE], supply: 100 },
    { summary: 'capitals, symbols and dates', twins: [CLOZE, REVERSED], supply: 90 },
    { summary: 'kinds, works and units', twins: [CLOZE], supply: 120 },
    { summary: 'rarer works, sciences and states', twins: [CLOZE, OPTIONS], supply: 110 },
    { summary: 'rare capitals, numbers and dates', twins: [CLOZE, OPTIONS, REVERSED], supply: 72 },
    { summary: 'towns and their countries', twins: [CLOZE, OPTIONS], supply: 72 },
    { summary: 'small towns and their countries', twins: [CLOZE, OPTIONS], supply: 72 },
  ],
  draw(random, templates, number) {
    const decks = decksOf(random, number);
    return templates.map((template) => {
      const deck = nextDeck(random, decks, template);
      const entry = deck.left.pop();
      if (entry === undefined) throw new Error(`${deck.relation.name} has no entries left`);
      deck.used += 1;
      const drawn = drawQuestion(random, deck, entry);
      const form = FORMS[template];
      if (form === undefined) throw new Error(`unknown twin template ${template}`);
      return { benchmark: { template: 'exam', ...factExam(drawn) }, twin: { template, ...form(drawn) } };
    });
  },
};
