import type { Phrasing } from '../family.ts';
import type { Field } from './field.ts';
import type { Note, Notes } from './notes.ts';

/** How one person is asked about, and the answer: the same for the worked example and the question. */
interface Query {
  readonly question: (note: Note) => string;
  readonly answer: (note: Note) => string;
}

/** Openings make the formats equally long, and say no more than one sees. JSON is the longest: it has none. */
const OPENING =
  'Read these notes about five people who have never met. Two things are known about each of them, and no two are alike. ' +
  'Then answer the questions. The first one has been answered already, as an example.';
const TWO_HOP_OPENING =
  'Read these notes about five people who have never met. Two things are known about each of them, and no two are alike. ' +
  'Then answer the questions.';
const CSV_OPENING =
  'Read this table of comma-separated values. The first line names the columns, and each of the other lines is about one ' +
  'of five people who have never met. Then answer the questions. The first one has been answered already, as an example.';

function fieldOf({ fields }: Notes, index: number): Field {
  const field = fields[index];
  if (field === undefined) throw new Error(`no field ${index}`);
  return field;
}

const valueAt = (note: Note, index: number): string => note.values[index] ?? '';

/** `Where does Mara live?` */
function forward(notes: Notes): Query {
  return {
    question: ({ name }) => fieldOf(notes, notes.target).asked(name),
    answer: (note) => valueAt(note, notes.target),
  };
}

function phrase(template: string, notes: Notes, prompt: string, choice: (note: Note) => string): Phrasing {
  const { options, asked } = notes;
  return {
    template,
    prompt,
    question: { kind: 'choice', choices: options.map(choice), answer: options.indexOf(asked), scoring: 'raw' },
  };
}

function withQuestions(told: readonly string[], { worked, asked }: Notes, { question, answer }: Query): string {
  const questions = [
    `Question: ${question(worked)}\nAnswer: ${answer(worked)}`,
    `Question: ${question(asked)}\nAnswer:`,
  ];
  return [...told, ...questions].join('\n\n');
}

/** `Mara lives in Oslo and has a parrot.` */
function tell({ fields, people }: Notes): string {
  const sentence = ({ name, values }: Note) =>
    `${name} ${fields.map(({ told }, i) => told(values[i] ?? '')).join(' and ')}.`;
  return people.map(sentence).join(' ');
}

export function prose(notes: Notes): Phrasing {
  const query = forward(notes);
  return phrase('exam', notes, withQuestions([OPENING, tell(notes)], notes, query), query.answer);
}

/** The value is given, and the person asked for: `Who lives in Oslo?` */
export function inverse(notes: Notes): Phrasing {
  const query: Query = {
    question: (note) => `Who ${fieldOf(notes, notes.target).told(valueAt(note, notes.target))}?`,
    answer: ({ name }) => name,
  };
  return phrase('inverse', notes, withQuestions([OPENING, tell(notes)], notes, query), query.answer);
}

/** The person is not named, but known by the other field: `Where does the person who has a parrot live?` */
export function twoHop(notes: Notes): Phrasing {
  const whom = (note: Note) => `the person who ${fieldOf(notes, notes.cue).told(valueAt(note, notes.cue))}`;
  const query: Query = {
    question: (note) => fieldOf(notes, notes.target).asked(whom(note)),
    answer: (note) => valueAt(note, notes.target),
  };
  return phrase('two-hop', notes, withQuestions([TWO_HOP_OPENING, tell(notes)], notes, query), query.answer);
}

export function csv(notes: Notes): Phrasing {
  const { fields, people } = notes;
  const rows = [['name', ...fields.map(({ key }) => key)], ...people.map(({ name, values }) => [name, ...values])];
  const table = rows.map((row) => row.join(', ')).join('\n');
  const query = forward(notes);
  return phrase('csv', notes, withQuestions([CSV_OPENING, table], notes, query), query.answer);
}

/** One object a line, the questions too. The last one is open: its answer and the brace are to come. */
export function json(notes: Notes): Phrasing {
  const { fields, people, worked, asked } = notes;
  const { question, answer } = forward(notes);
  const rows = people.map(({ name, values }) =>
    object([['name', name], ...fields.map(({ key }, i): Member => [key, values[i] ?? ''])]),
  );
  const solved = object([
    ['question', question(worked)],
    ['answer', answer(worked)],
  ]);
  const open = `{${member(['question', question(asked)])}, "answer":`;
  return phrase('json', notes, [...rows, solved, open].join('\n'), (note) => JSON.stringify(answer(note)));
}

type Member = readonly [key: string, value: string];

/** With spaces, as most programs write it, so that the answer's own space is in style. */
function member([key, value]: Member): string {
  return `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
}

function object(members: readonly Member[]): string {
  return `{${members.map(member).join(', ')}}`;
}
