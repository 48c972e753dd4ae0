import { at } from '@shadow-gate/platform';
import type { Wording } from '../../item.ts';
import { askedOption, optionsQuestion } from '../choice.ts';
import { BOSS, FIELDS, type RecordField } from './field.ts';
import type { Cell, Note, Notes } from './notes.ts';

type Writer = (fields: readonly RecordField[], people: readonly Note[]) => string;

/** `Mara lives in Oslo and has a parrot.` */
const prose: Writer = (fields, people) =>
  people
    .map(({ name, values }) => {
      const clauses = fields.map(({ statement }, i) => statement(at(values, i)));
      const list =
        clauses.length > 2 ? `${clauses.slice(0, -1).join(', ')} and ${clauses.at(-1)}` : clauses.join(' and ');
      return `${name} ${list}.`;
    })
    .join(' ');

const csv: Writer = (fields, people) =>
  [['name', ...fields.map(({ key }) => key)], ...people.map(({ name, values }) => [name, ...values])]
    .map((row) => row.join(', '))
    .join('\n');

/** One object per line, with spaces, as most programs write it. */
const json: Writer = (fields, people) =>
  people
    .map(({ name, values }) => {
      const members = [['name', name], ...fields.map(({ key }, i) => [key, at(values, i)])];
      return `{${members.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(', ')}}`;
    })
    .join('\n');

const [CITY, DRINK, , JOB, , PET] = FIELDS;

/** A worked example, in the format of the question: it shows what an answer looks like. */
interface Example {
  readonly fields: readonly RecordField[];
  readonly people: readonly Note[];
  readonly question: string;
  readonly answer: string;
}

const LOOKUP: Example = {
  fields: [CITY, PET],
  people: [
    { name: 'Kate', values: ['London', 'mouse'] },
    { name: 'Joe', values: ['Warsaw', 'horse'] },
  ],
  question: PET.question('Kate'),
  answer: 'mouse',
};

const INVERSE: Example = { ...LOOKUP, question: 'Who lives in Warsaw?', answer: 'Joe' };

const TWO_HOPS: Example = {
  ...LOOKUP,
  question: CITY.question(`the person who ${PET.statement('horse')}`),
  answer: 'Warsaw',
};

const BOSSES: Example = {
  fields: [BOSS, JOB, DRINK],
  people: [
    { name: 'Kate', values: ['Joe', 'cook', 'soup'] },
    { name: 'Joe', values: ['Tim', 'judge', 'gin'] },
    { name: 'Tim', values: ['Kate', 'clown', 'rum'] },
  ],
  question: JOB.question('the boss of the person who drinks only soup'),
  answer: 'judge',
};

function write(writer: Writer, example: Example, notes: Notes, question: string, say: (cell: Cell) => string): Wording {
  const worked = `${writer(example.fields, example.people)}\nQuestion: ${example.question}\nAnswer: ${example.answer}`;
  const asked = `${writer(notes.fields, notes.people)}\nQuestion: ${question}\nAnswer:`;
  return { prompt: `${worked}\n\n${asked}`, question: optionsQuestion(notes, say) };
}

const personAt = ({ people }: Notes, { person }: Cell): Note => at(people, person);
const valueAt = (notes: Notes, cell: Cell): string => at(personAt(notes, cell).values, cell.field);

/** `the boss of the person who has a parrot` */
function describe(notes: Notes): string {
  const { fields, people, size } = notes;
  const cell = askedOption(notes);
  const worker = Array.from({ length: size.bosses }).reduce<Note>(
    (boss) => people.find(({ values }) => values[0] === boss.name) ?? boss,
    personAt(notes, cell),
  );
  const cue = fields.length - 1 === cell.field ? cell.field - 1 : cell.field + 1;
  const whom =
    size.path === 'name' ? worker.name : `the person who ${at(fields, cue).statement(at(worker.values, cue))}`;
  return `${'the boss of '.repeat(size.bosses)}${whom}`;
}

function forward(writer: Writer): (notes: Notes) => Wording {
  return (notes) => {
    const example = notes.size.bosses > 0 ? BOSSES : notes.size.path === 'field' ? TWO_HOPS : LOOKUP;
    const question = at(notes.fields, askedOption(notes).field).question(describe(notes));
    return write(writer, example, notes, question, (cell) => valueAt(notes, cell));
  };
}

export const inProse = forward(prose);
export const inCsv = forward(csv);
export const inJson = forward(json);

/** The question gives the value and asks for the person: `Who lives in Oslo?` The choices must be of one field. */
export function inverse(notes: Notes): Wording {
  const cell = askedOption(notes);
  const question = `Who ${at(notes.fields, cell.field).statement(valueAt(notes, cell))}?`;
  return write(prose, INVERSE, notes, question, (each) => personAt(notes, each).name);
}
