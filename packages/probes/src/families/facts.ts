import type { Wording } from '../item.ts';
import type { Random } from '../random.ts';
import { capitals } from './facts/capitals.ts';
import { atomicNumbers, symbols } from './facts/elements.ts';
import { events } from './facts/events.ts';
import { type DrawnQuestion, factCloze, factExam, namedFact, reversedFact } from './facts/forms.ts';
import { continents, rivers } from './facts/geography.ts';
import { gods } from './facts/gods.ts';
import { instruments, polygons, units } from './facts/measures.ts';
import { animals, organs, young } from './facts/nature.ts';
import type { Entry, Pool, Relation } from './facts/relation.ts';
import { planets, sciences } from './facts/sciences.ts';
import { stateCapitals } from './facts/states.ts';
import { smallTowns, towns } from './facts/towns.ts';
import { authors, composers, painters } from './facts/works.ts';
import type { Phrasing, ProbeFamily, ProbeLevel, TwinTemplate } from './family.ts';

/** All relations: chosen to be undisputed, and to be true in ten years as well. */
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
  return RELATIONS.flatMap((relation) => {
    const pools = relation.pools.filter((pool) => pool.level === level);
    return pools.length === 0
      ? []
      : [{ relation, pools, left: random.shuffle(pools.flatMap(({ entries }) => entries)), used: 0 }];
  });
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

function twinOf(drawn: DrawnQuestion, template: string): Phrasing {
  const form = FORMS[template];
  if (form === undefined) throw new Error(`unknown twin template ${template}`);
  return { template, ...form(drawn) };
}

const CLOZE: TwinTemplate = { name: 'cloze', kind: 'open' };
const OPTIONS: TwinTemplate = { name: 'options', kind: 'format' };
const REVERSED: TwinTemplate = { name: 'reversed', kind: 'open' };

/** @param supply what its relations hold with all their forms, in any order of drawing */
function level(summary: string, twins: readonly TwinTemplate[], supply: number): ProbeLevel {
  return { summary, twins, supply };
}

/** Knowledge from training, from what every child knows to towns of a few thousand people. */
export const facts: ProbeFamily = {
  name: 'facts',
  capability: 'recall',
  levels: [
    level('what every school teaches', [CLOZE], 100),
    level('capitals, symbols and dates', [CLOZE, REVERSED], 90),
    level('kinds, works and units', [CLOZE], 120),
    level('rarer works, sciences and states', [CLOZE, OPTIONS], 110),
    level('rare capitals, numbers and dates', [CLOZE, OPTIONS, REVERSED], 72),
    level('towns and their countries', [CLOZE, OPTIONS], 72),
    level('small towns and their countries', [CLOZE, OPTIONS], 72),
  ],
  draw(random, templates, number) {
    const decks = decksOf(random, number);
    return templates.map((template) => {
      const deck = nextDeck(random, decks, template);
      const entry = deck.left.pop();
      if (entry === undefined) throw new Error(`${deck.relation.name} has no entries left`);
      deck.used += 1;
      const drawn = drawQuestion(random, deck, entry);
      return { benchmark: { template: 'exam', ...factExam(drawn) }, twin: twinOf(drawn, template) };
    });
  },
};
