import type { Random } from '../random.ts';
import { cloze, type Draw, exam, noneOfThese, restyled, reversed } from './facts/forms.ts';
import type { Fact, Relation } from './facts/relation.ts';
import { RELATIONS } from './facts/relations.ts';
import type { Family, Phrasing } from './family.ts';

const WRONG = 3;

/** The facts of one relation that one suite has not asked yet. */
interface Deck {
  readonly relation: Relation;
  readonly left: Fact[];
  used: number;
}

/** The relation that was asked least, of those that have facts left and the form that is wanted. */
function nextDeck(random: Random, decks: readonly Deck[], kind: string): Deck {
  const able = decks.filter(({ relation, left }) => left.length > 0 && (kind !== 'reversed' || relation.reversed));
  const least = Math.min(...able.map(({ used }) => used));
  return random.pick(able.filter(({ used }) => used === least));
}

/** The fact and three of its pool, one for each of three other objects, in random order. */
function among(random: Random, relation: Relation, fact: Fact): Draw {
  const pool = relation.pools.find((facts) => facts.includes(fact)) ?? [];
  const others = [...new Set(pool.map(({ object }) => object))].filter((object) => object !== fact.object);
  const wrong = random
    .sample(others, WRONG)
    .map((object) => random.pick(pool.filter((candidate) => candidate.object === object)));
  const options = random.shuffle([fact, ...wrong]);
  return { relation, options, answer: options.indexOf(fact) };
}

function twinOf(random: Random, draw: Draw, kind: string): Phrasing {
  switch (kind) {
    case 'cloze':
      return cloze(draw);
    case 'reversed':
      return reversed(draw);
    case 'restyled':
      return restyled(draw, random);
    case 'none-of-these':
      return noneOfThese(draw, random);
    default:
      throw new Error(`no twin of kind ${kind}`);
  }
}

/** What a model knows from its training, such as capitals, authors and chemical symbols. */
export const facts: Family = {
  name: 'facts',
  capability: 'recall',
  twins: ['cloze', 'reversed', 'restyled', 'none-of-these'],
  draw(random, kinds) {
    const decks = RELATIONS.map(
      (relation): Deck => ({ relation, left: random.shuffle(relation.pools.flat()), used: 0 }),
    );
    return kinds.map((kind) => {
      const deck = nextDeck(random, decks, kind);
      const fact = deck.left.pop();
      if (fact === undefined) throw new Error(`${deck.relation.name} has no facts left`);
      deck.used += 1;
      const draw = among(random, deck.relation, fact);
      return { benchmark: exam(draw), twin: twinOf(random, draw, kind) };
    });
  },
};
