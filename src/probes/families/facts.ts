import type { Random } from '../random.ts';
import { cloze, type DrawnQuestion, exam, noneOfThese, restyled, reversed } from './facts/forms.ts';
import type { Entry, Relation } from './facts/relation.ts';
import { RELATIONS } from './facts/relations.ts';
import type { Phrasing, ProbeFamily } from './family.ts';

const WRONG = 3;

/** The entries of one relation that a suite has not used yet. */
interface Deck {
  readonly relation: Relation;
  readonly left: Entry[];
  used: number;
}

/** One of the least used relations that have entries left and the form that is needed. */
function nextDeck(random: Random, decks: readonly Deck[], template: string): Deck {
  const able = decks.filter(({ relation, left }) => left.length > 0 && (template !== 'reversed' || relation.reversed));
  const least = Math.min(...able.map(({ used }) => used));
  return random.pick(able.filter(({ used }) => used === least));
}

/** An entry and three others of its pool, with three other objects, in random order. */
function drawQuestion(random: Random, relation: Relation, entry: Entry): DrawnQuestion {
  const pool = relation.pools.find((entries) => entries.includes(entry)) ?? [];
  const others = [...new Set(pool.map(({ object }) => object))].filter((object) => object !== entry.object);
  const wrong = random
    .sample(others, WRONG)
    .map((object) => random.pick(pool.filter((candidate) => candidate.object === object)));
  const options = random.shuffle([entry, ...wrong]);
  return { relation, options, answer: options.indexOf(entry) };
}

function twinOf(random: Random, drawn: DrawnQuestion, template: string): Phrasing {
  switch (template) {
    case 'cloze':
      return cloze(drawn);
    case 'reversed':
      return reversed(drawn);
    case 'restyled':
      return restyled(drawn, random);
    case 'none-of-these':
      return noneOfThese(drawn, random);
    default:
      throw new Error(`unknown twin template ${template}`);
  }
}

/** Knowledge from training, such as capitals, authors and chemical symbols. */
export const facts: ProbeFamily = {
  name: 'facts',
  capability: 'recall',
  levels: [
    {
      summary: 'lists of common facts',
      twins: [
        { name: 'cloze', kind: 'format' },
        { name: 'reversed', kind: 'format' },
        { name: 'restyled', kind: 'format' },
        { name: 'none-of-these', kind: 'format' },
      ],
    },
  ],
  draw(random, templates) {
    const decks = RELATIONS.map(
      (relation): Deck => ({ relation, left: random.shuffle(relation.pools.flat()), used: 0 }),
    );
    return templates.map((template) => {
      const deck = nextDeck(random, decks, template);
      const entry = deck.left.pop();
      if (entry === undefined) throw new Error(`${deck.relation.name} has no entries left`);
      deck.used += 1;
      const drawn = drawQuestion(random, deck.relation, entry);
      return { benchmark: exam(drawn), twin: twinOf(random, drawn, template) };
    });
  },
};
