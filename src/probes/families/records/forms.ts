import { at } from '../../../platform/at.ts';
import type { Phrasing } from '../family.ts';
import type { Field } from './field.ts';
import type { Note, Notes } from './notes.ts';

/** A question about one person, and its answer: for the worked example, and for the question itself. */
interface Query {
  readonly question: (note: Note) => string;
  readonly answer: (note: Note) => string;
}

/** The openings give all formats the same length, and add no information. JSON is the longest and has none. */
const OPENING =
  'Read these notes about five people who have never met. Two things are known about each of them, and no two are alike. ' +
  'Then answer the questions. The first one has been answered already, as an example.';
const TWO_HOP_OPENING =
  'Read these notes about five people who have never met. Two things are known about each of them, and no two are alike. ' +
  'Then answer the questions.';
const CSV_OPENING =
  'Read this table of comma-separated values. The first line names the columns, and each of the other lines is about one ' +
  'of five people who have never met. Then answer the questions. The first one has been answered already, as an example.';

const fieldOf = ({ fields }: Notes, index: number): Field => at(fields, index);
const valueAt = (note: Note, index: number): string => at(note.values, index);

/** `Where does Mara live?` */
function forward(notes: Notes): Query {
  return {
    question: ({ name }) => fieldOf(notes, notes.target).question(name),
    answer: (note) => valueAt(note, notes.target),
  };
}

function phrase(template: string, notes: Notes, prompt: string, choice: (note: Note) => string): Phrasing {
  const { options, queried } = notes;
  return {
    template,
    prompt,
    question: { kind: 'choice', choices: options.map(choice), answer: options.indexOf(queried), scoring: 'raw' },
  };
}

function withQuestions(data: readonly string[], { worked, queried }: Notes, { question, answer }: Query): string {
  const questions = [
    `Question: ${question(worked)}\nAnswer: ${answer(worked)}`,
    `Question: ${question(queried)}\nAnswer:`,
  ];
  return [...data, ...questions].join('\n\n');
}

/** `Mara lives in Oslo and has a parrot.` */
function describePeople({ fields, people }: Notes): string {
  const sentence = ({ name, values }: Note) =>
    `${name} ${fields.map(({ statement }, i) => statement(at(values, i))).join(' and ')}.`;
  return people.map(sentence).join(' ');
}

export function prose(notes: Notes): Phrasing {
  const query = forward(notes);
  return phrase('exam', notes, withQuestions([OPENING, describePeople(notes)], notes, query), query.answer);
}

/** The question gives the value and asks for the person: `Who lives in Oslo?` */
export function inverse(notes: Notes): Phrasing {
  const query: Query = {
    question: (note) => `Who ${fieldOf(notes, notes.target).statement(valueAt(note, notes.target))}?`,
    answer: ({ name }) => name,
  };
  return phrase('inverse', notes, withQuestions([OPENING, describePeople(notes)], notes, query), query.answer);
}

/** The question describes the person by the other field: `Where does the person who has a parrot live?` */
export function twoHop(notes: Notes): Phrasing {
  const whom = (note: Note) => `the person who ${fieldOf(notes, notes.cue).statement(valueAt(note, notes.cue))}`;
  const query: Query = {
    question: (note) => fieldOf(notes, notes.target).question(whom(note)),
    answer: (note) => valueAt(note, notes.target),
  };
  return phrase('two-hop', notes, withQuestions([TWO_HOP_OPENING, describePeople(notes)], notes, query), query.answer);
}

export function csv(notes: Notes): Phrasing {
  const { fields, people } = notes;
  const rows = [['name', ...fields.map(({ key }) => key)], ...people.map(({ name, values }) => [name, ...values])];
  const table = rows.map((row) => row.join(', ')).join('\n');
  const query = forward(notes);
  return phrase('csv', notes, withQuestions([CSV_OPENING, table], notes, query), query.answer);
}

/** One object per line, also for the questions. The last one ends before its answer. */
export function json(notes: Notes): Phrasing {
  const { fields, people, worked, queried } = notes;
  const { question, answer } = forward(notes);
  const rows = people.map(({ name, values }) =>
    object([['name', name], ...fields.map(({ key }, i): Member => [key, at(values, i)])]),
  );
  const solved = object([
    ['question', question(worked)],
    ['answer', answer(worked)],
  ]);
  const open = `{${member(['question', question(queried)])}, "answer":`;
  return phrase('json', notes, [...rows, solved, open].join('\n'), (note) => JSON.stringify(answer(note)));
}

type Member = readonly [key: string, value: string];

/** With spaces, as most programs write it, so that the space before the answer fits. */
function member([key, value]: Member): string {
  return `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
}

function object(members: readonly Member[]): string {
  return `{${members.map(member).join(', ')}}`;
}
