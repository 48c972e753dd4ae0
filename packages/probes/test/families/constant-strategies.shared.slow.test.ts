import { describe, expect, it } from 'vitest';
import type { PhrasingPair } from '../../src/families/family.ts';
import { PROBE_FAMILIES, SECRET_FAMILIES } from '../../src/families/index.ts';
import { answerOf, askedIn, choicesOf, drawPairs, levelsOf } from './draws.ts';

/** What can be seen of a choice without understanding the question. */
interface Sight {
  readonly choice: string;
  readonly place: number;
  /** Where the question mentions it, in characters; -1 if nowhere. */
  readonly first: number;
  readonly last: number;
  /** How often the whole prompt mentions it. */
  readonly often: number;
  /** Share of its letters that the end of the question has as well. */
  readonly resemblance: number;
}

/** A score for each choice. Ties are guessed. */
type Strategy = (sight: Sight) => number;

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  'the first place': ({ place }) => -place,
  'the second place': ({ place }) => -Math.abs(place - 1),
  'the last place': ({ place }) => place,
  'the longest choice': ({ choice }) => choice.length,
  'the shortest choice': ({ choice }) => -choice.length,
  'the alphabetically first choice': ({ choice }) => (Number.isNaN(Number(choice)) ? -choice.charCodeAt(0) : 0),
  'the alphabetically last choice': ({ choice }) => (Number.isNaN(Number(choice)) ? choice.charCodeAt(0) : 0),
  'the largest number': ({ choice }) => Number(choice) || 0,
  'the smallest number': ({ choice }) => -Number(choice) || 0,
  'a round number': ({ choice }) => (/[05]$/.test(choice) ? 1 : 0),
  'what is mentioned': ({ first }) => (first < 0 ? 0 : 1),
  'what is not mentioned': ({ first }) => (first < 0 ? 1 : 0),
  'what is mentioned first': ({ first }) => (first < 0 ? -1e6 : -first),
  'what is mentioned last': ({ last }) => last,
  'what is mentioned most often': ({ often }) => often,
  'what resembles the last words': ({ resemblance }) => resemblance,
  'what resembles the last words least': ({ resemblance }) => -resemblance,
  'the most different letters': ({ choice }) => new Set(choice).size,
};

/** Single words with a space around each, so that 4 is not found in 14. */
const words = (text: string): string => ` ${text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `;

function look({ benchmark }: PhrasingPair): { readonly sights: readonly Sight[]; readonly answer: string } {
  const prompt = words(benchmark.prompt);
  const asked = words(askedIn(benchmark.prompt));
  const ending = asked.slice(-40).toLowerCase();
  const sights = choicesOf(benchmark).map((choice, place): Sight => {
    const word = words(choice);
    const letters = Array.from(choice.toLowerCase());
    return {
      choice,
      place,
      first: asked.indexOf(word),
      last: asked.lastIndexOf(word),
      often: prompt.split(word).length - 1,
      resemblance: letters.filter((letter) => ending.includes(letter)).length / letters.length,
    };
  });
  return { sights, answer: answerOf(benchmark) };
}

/** Enough that the standard error is 1.4 points. */
const DRAWS = 960;
const CHANCE = 0.25;
const TOLERANCE = 0.05;

function accuracy(looks: ReadonlyArray<ReturnType<typeof look>>, strategy: Strategy): number {
  const shares = looks.map(({ sights, answer }) => {
    const scores = sights.map(strategy);
    const best = Math.max(...scores);
    const picked = sights.filter((_, i) => scores[i] === best);
    return picked.some(({ choice }) => choice === answer) ? 1 / picked.length : 0;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Some levels have only a few hundred facts: several suites of them. */
function drawn(family: (typeof PROBE_FAMILIES)[number], level: number): PhrasingPair[] {
  return Array.from({ length: DRAWS / 60 }, (_, seed) => drawPairs(family, level, 60, seed)).flat();
}

/** Spelling and rounding are about the letters and digits of the question. */
const ABOUT_LETTERS = new Set(SECRET_FAMILIES.map(({ name }) => name));

describe.each([...PROBE_FAMILIES, ...SECRET_FAMILIES].map((family) => ({ name: family.name, family })))(
  '$name',
  ({ family }) => {
    it.each(levelsOf(family))(
      'at level %i, no strategy without the question is better or worse than a guess',
      (level) => {
        const looks = drawn(family, level).map(look);
        const found = Object.entries(STRATEGIES)
          .filter(([name]) => !(ABOUT_LETTERS.has(family.name) && name.includes('resembles')))
          .map(([name, strategy]) => ({ name, accuracy: accuracy(looks, strategy) }))
          .filter((each) => Math.abs(each.accuracy - CHANCE) >= TOLERANCE);
        expect(found).toEqual([]);
      },
    );
  },
);
