import { at } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { NAMES, UNCOMMON_NAMES } from '../../words.ts';
import { askedOption, askOne, type Options, optionsQuestion } from '../choice.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';

/** Who finished a race, one behind the other: the options are places, from 0, and one is asked for. */
interface Race extends Options<number> {
  /** In the order of the places. */
  readonly names: readonly string[];
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

type Draw = (random: Random, names: readonly string[]) => Race;

const amongFour: Draw = (random, names) => ({ names: random.sample(names, 4), ...askOne(random, [0, 1, 2, 3]) });

/** A race of five. The question names the runner before: the right one is mentioned at each place equally often. */
const behindAnother: Draw = (random, names) => {
  const places = [0, 1, 2, 3, 4];
  const place = random.int(1, 4);
  const options = random.shuffle(places.filter((other) => other !== place - 1));
  return { names: random.sample(names, 5), options, asked: options.indexOf(place) };
};

type Writer = (race: Race) => string;

const inRow: Writer = ({ names }) => `They arrived in this order: ${names.join(', ')}.`;
const inLines: Writer = ({ names }) => names.map((name) => `- ${name}`).join('\n');
const forNext: Writer = ({ names, ...race }) => `Right after ${at(names, askedOption(race) - 1)} came`;
const forPlace: Writer = (race) => `Who was the ${at(ORDINALS, askedOption(race))}?\nAnswer:`;

const EXAMPLES: readonly Pick<Race, 'names' | 'asked'>[] = [
  { names: ['Kate', 'Joe', 'Tim', 'Liz', 'Hal'], asked: 3 },
  { names: ['Bob', 'Sue', 'Ron', 'Pam', 'Kim'], asked: 1 },
  { names: ['Jim', 'Ann', 'Max', 'Eve', 'Roy'], asked: 2 },
];

function phrase(tell: Writer, ask: Writer, race: Race): Wording {
  const text = (each: Race) => `${tell(each)}\n${ask(each)}`;
  const size = race.names.length;
  const worked = EXAMPLES.map(({ names, ...example }) => {
    const shown = { ...example, names: names.slice(0, size), options: [...names.keys()].slice(0, size) };
    return `${text(shown)} ${at(shown.names, askedOption(shown))}`;
  });
  return {
    prompt: [...worked, text(race)].join('\n\n'),
    question: optionsQuestion(race, (place) => at(race.names, place)),
  };
}

/** @param ask a question, or a sentence that a name completes */
function race(summary: string, draw: Draw, ask: Writer): ProbeRecipe {
  return recipe({
    summary,
    draw: (random) => draw(random, NAMES),
    redraw: (random) => draw(random, UNCOMMON_NAMES),
    exam: (drawn) => phrase(inRow, ask, drawn),
    formats: { lines: (drawn) => phrase(inLines, ask, drawn) },
  });
}

export const neighbors = race('neighbors in a row', behindAnother, forNext);
export const countedPlaces = race('places in a row, counted', amongFour, forPlace);
