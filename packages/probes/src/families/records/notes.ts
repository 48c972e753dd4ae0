import { at } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import { askOne, type Options } from '../choice.ts';
import { BOSS, FIELDS, type RecordField } from './field.ts';

/** One person and what is known about them. No two people share a name or a value. */
export interface Note {
  readonly name: string;
  /** In the order of the fields. */
  readonly values: readonly string[];
}

export interface Cell {
  readonly person: number;
  readonly field: number;
}

export interface Size {
  readonly people: number;
  readonly fields: number;
  /** How the question names the person: by name, by another field, or as somebody's boss. */
  readonly path: 'name' | 'field';
  readonly bosses: number;
}

/** The notes of one prompt and its question, in no particular format. */
export interface Notes extends Options<Cell> {
  readonly fields: readonly RecordField[];
  /** In the order of the prompt. */
  readonly people: readonly Note[];
  readonly size: Size;
}

const CHOICES = 4;

/** People have random places, so neither end is a better guess. With few people, the choices come from all fields. */
export function drawNotes(random: Random, size: Size, allNames: readonly string[]): Notes {
  const fields = random.sample<RecordField>(FIELDS, size.fields);
  const names = random.sample(allNames, size.people);
  const columns = fields.map(({ values }) => random.sample(values, size.people));
  const bosses = bossesOf(random, names);
  const withBoss = size.bosses > 0;
  const people = names.map((name, row): Note => {
    const values = columns.map((column) => at(column, row));
    return { name, values: withBoss ? [at(bosses, row), ...values] : values };
  });
  const first = withBoss ? 1 : 0;
  const target = random.int(first, first + size.fields - 1);
  const rows = random.sample([...people.keys()], Math.min(CHOICES, size.people));
  const cells: Cell[] =
    size.people < CHOICES
      ? people.flatMap((_, person) => fields.map((_field, field) => ({ person, field })))
      : rows.map((person) => ({ person, field: target }));
  return {
    fields: withBoss ? [BOSS, ...fields] : fields,
    people,
    size,
    ...askOne(random, random.sample(cells, CHOICES)),
  };
}

/** All people in one circle, so that nobody is their own boss, however many bosses are on the way. */
function bossesOf(random: Random, names: readonly string[]): string[] {
  const circle = random.shuffle(names);
  return names.map((name) => at(circle, (circle.indexOf(name) + 1) % circle.length));
}
