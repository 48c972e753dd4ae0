import { at } from '../../../platform/at.ts';
import type { Random } from '../../random.ts';
import { NAMES } from '../words.ts';
import { FIELDS, type Field } from './field.ts';

/** One person and two facts about them. No two people share a name or a value. */
export interface Note {
  readonly name: string;
  /** In the order of the fields. */
  readonly values: readonly string[];
}

/** The notes of one prompt and its question, in no particular format. */
export interface Notes {
  readonly fields: readonly Field[];
  /** In the order of the prompt. */
  readonly people: readonly Note[];
  /** Index of the field that the question asks for, and of the other one. */
  readonly target: number;
  readonly cue: number;
  /** The person of the worked example. */
  readonly worked: Note;
  /** The person of the question: one of `options`. */
  readonly queried: Note;
  /** Everybody except `worked`, in the order of the choices. */
  readonly options: readonly Note[];
}

const PEOPLE = 5;
const FIELDS_PER_PERSON = 2;

/**
 * The people of the example and of the question have random places, so neither the first nor the last is a better
 * guess.
 */
export function drawNotes(random: Random): Notes {
  const fields = random.sample(FIELDS, FIELDS_PER_PERSON);
  const columns = fields.map(({ values }) => random.sample(values, PEOPLE));
  const people = random.sample(NAMES, PEOPLE).map((name, row): Note => {
    return { name, values: columns.map((column) => at(column, row)) };
  });
  const worked = random.pick(people);
  const options = random.shuffle(people.filter((note) => note !== worked));
  const target = random.int(0, FIELDS_PER_PERSON - 1);
  return {
    fields,
    people,
    target,
    cue: FIELDS_PER_PERSON - 1 - target,
    worked,
    queried: random.pick(options),
    options,
  };
}
