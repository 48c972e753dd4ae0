import type { Random } from '../../random.ts';
import { NAMES } from '../words.ts';
import { FIELDS, type Field } from './field.ts';

/** One person and what is noted of them: no two people share a name or a value. */
export interface Note {
  readonly name: string;
  /** In the order of the fields. */
  readonly values: readonly string[];
}

/** What is told, and what is asked, before it is set in a format. */
export interface Notes {
  readonly fields: readonly Field[];
  /** In the order of telling. */
  readonly people: readonly Note[];
  /** Index of the field that is asked for, and of the other one. */
  readonly target: number;
  readonly cue: number;
  /** Whom the worked example asks about. */
  readonly worked: Note;
  /** Whom the question asks about: one of `options`. */
  readonly asked: Note;
  /** All but `worked`, in the order of the choices. */
  readonly options: readonly Note[];
}

const PEOPLE = 5;
const FIELDS_TOLD = 2;

/** The people of the example and of the question are anywhere: neither the first nor the last is the better guess. */
export function drawNotes(random: Random): Notes {
  const fields = random.sample(FIELDS, FIELDS_TOLD);
  const columns = fields.map(({ values }) => random.sample(values, PEOPLE));
  const people = random.sample(NAMES, PEOPLE).map((name, row): Note => {
    return { name, values: columns.map((column) => column[row] ?? '') };
  });
  const worked = random.pick(people);
  const options = random.shuffle(people.filter((note) => note !== worked));
  const target = random.int(0, FIELDS_TOLD - 1);
  return { fields, people, target, cue: FIELDS_TOLD - 1 - target, worked, asked: random.pick(options), options };
}
