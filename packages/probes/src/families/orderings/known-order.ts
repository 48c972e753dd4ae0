import { at } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import type { Random } from '../../random.ts';
import { askOne, type Options, textQuestion } from '../choice.ts';
import { type ProbeRecipe, recipe } from '../recipe.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

interface Neighbor extends Options<string> {
  readonly of: string;
  readonly side: 'after' | 'before';
}

/** Every second place, so that both neighbors of most things are choices, and nearness alone does not help. */
const PLACES = [0, 2, 4, 6];

/** One question in so many is about months: there are few. */
const MONTHS_IN = 4;

/** All choices of a question about numbers have the same tens, so none resembles the question more than another. */
function drawNeighbor(random: Random): Neighbor {
  const side = random.pick(['after', 'before'] as const);
  const isMonth = random.int(1, MONTHS_IN) === 1;
  const start = isMonth ? random.int(0, MONTHS.length - 1) : 10 * random.int(1, 9) + random.int(1, 2);
  const nameOf = (place: number) =>
    isMonth ? at(MONTHS, (start + place + MONTHS.length) % MONTHS.length) : String(start + place);
  const { options, asked } = askOne(random, PLACES);
  const of = nameOf(at(options, asked) + (side === 'after' ? -1 : 1));
  return { of, side, options: options.map(nameOf), asked };
}

const EXAMPLES: readonly (Pick<Neighbor, 'of' | 'side'> & { readonly answer: string })[] = [
  { of: 'April', side: 'after', answer: 'May' },
  { of: '6', side: 'before', answer: '5' },
  { of: '8', side: 'after', answer: '9' },
  { of: 'August', side: 'before', answer: 'July' },
];

type Writer = (neighbor: Pick<Neighbor, 'of' | 'side'>) => string;

const asStatement: Writer = ({ of, side }) => `Right ${side} ${of} comes`;
const asQuestion: Writer = ({ of, side }) => `Question: What comes right ${side} ${of}?\nAnswer:`;

function phrase(write: Writer, neighbor: Neighbor): Wording {
  const worked = EXAMPLES.map((example) => `${write(example)} ${example.answer}`);
  const { options, asked } = neighbor;
  return { prompt: [...worked, write(neighbor)].join('\n\n'), question: textQuestion(options, asked) };
}

export const knownOrder: ProbeRecipe = recipe({
  summary: 'numbers and months',
  supply: 108,
  draw: drawNeighbor,
  redraw: drawNeighbor,
  exam: (neighbor) => phrase(asStatement, neighbor),
  formats: { question: (neighbor) => phrase(asQuestion, neighbor) },
});
