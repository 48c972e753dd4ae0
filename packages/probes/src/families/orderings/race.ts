import { at } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { NAMES, UNCOMMON_NAMES } from '../../words.ts';
import { askedOption, askOne, type Options, textQuestion } from '../choice.ts';
import { type ProbeRecipe, recipe, redrawn, type TwinRecipe } from '../recipe.ts';

/** Who finished a race, one behind the other: the options are places, from 0, and one is asked for. */
interface Race extends Options<number> {
  /** In the order of the places. */
  readonly names: readonly string[];
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

/** Draws a race among people with these names. */
type Draw = (random: Random, names: readonly string[]) => Race;

/** A race of four, all of whom are choices. */
const amongFour: Draw = (random, names) => ({
  names: random.sample(names, 4),
  ...askOne(random, [0, 1, 2, 3]),
});

/**
 * A race of five, where the question names the runner before: the right one is mentioned at each place equally often.
 */
const behindAnother: Draw = (random, names) => {
  const places = [0, 1, 2, 3, 4];
  const place = random.int(1, 4);
  const options = random.shuffle(places.filter((other) => other !== place - 1));
  return { names: random.sample(names, 5), options, asked: options.indexOf(place) };
};

/** The results, and what is asked about them: a sentence that a name completes, or a question. */
interface Format {
  readonly told: (race: Race) => string;
  readonly asked: (race: Race) => string;
}

const inRow = ({ names }: Race): string => `They arrived in this order: ${names.join(', ')}.`;
const inLines = ({ names }: Race): string => names.map((name) => `- ${name}`).join('\n');
const forNext = ({ names, ...race }: Race): string => `Right after ${at(names, askedOption(race) - 1)} came`;
const forPlace = (race: Race): string => `Who was the ${at(ORDINALS, askedOption(race))}?\nAnswer:`;

const EXAMPLES: readonly Pick<Race, 'names' | 'asked'>[] = [
  { names: ['Kate', 'Joe', 'Tim', 'Liz', 'Hal'], asked: 3 },
  { names: ['Bob', 'Sue', 'Ron', 'Pam', 'Kim'], asked: 1 },
  { names: ['Jim', 'Ann', 'Max', 'Eve', 'Roy'], asked: 2 },
];

function phrase({ told, asked }: Format, race: Race): Wording {
  const text = (each: Race) => `${told(each)}\n${asked(each)}`;
  const size = race.names.length;
  const worked = EXAMPLES.map(({ names, ...example }) => {
    const shown = { ...example, names: names.slice(0, size), options: [...names.keys()].slice(0, size) };
    return `${text(shown)} ${at(shown.names, askedOption(shown))}`;
  });
  return {
    prompt: [...worked, text(race)].join('\n\n'),
    question: textQuestion(
      race.options.map((place) => at(race.names, place)),
      race.asked,
    ),
  };
}

function race(summary: string, draw: Draw, format: Format, other: { readonly name: string } & Format): ProbeRecipe {
  const twins: readonly TwinRecipe<Race>[] = [
    redrawn(
      (random) => draw(random, UNCOMMON_NAMES),
      (drawn) => phrase(format, drawn),
    ),
    { name: other.name, kind: 'format', phrase: (_, drawn) => phrase(other, drawn) },
  ];
  return recipe({
    summary,
    draw: (random) => draw(random, NAMES),
    exam: (drawn) => phrase(format, drawn),
    twins,
  });
}

/** A row of names, and the question for the one behind another. */
export const neighbors = race(
  'neighbors in a row',
  behindAnother,
  { told: inRow, asked: forNext },
  { name: 'lines', told: inLines, asked: forNext },
);

/** A row of names, and the question for a place. */
export const countedPlaces = race(
  'places in a row, counted',
  amongFour,
  { told: inRow, asked: forPlace },
  { name: 'lines', told: inLines, asked: forPlace },
);
