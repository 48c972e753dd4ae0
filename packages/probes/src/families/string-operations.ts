import { at, capitalize } from '@shadow-gate/platform';
import type { Wording } from '../item.ts';
import type { Random } from '../random.ts';
import { NONCE_WORDS } from '../words.ts';
import { askedOption, askOne, type Options, optionsQuestion } from './choice.ts';
import type { ProbeFamily } from './family.ts';
import { familyFrom, type ProbeRecipe, recipe } from './recipe.ts';
import {
  COPY,
  DROP_FIRST,
  DROP_LAST,
  type Letters,
  misreadings,
  OPERATIONS,
  type Operation,
  type Program,
  REVERSE,
  ROTATE,
  runProgram,
} from './strings/operations.ts';

/** Without vowels, which would form words, and without the letters of the definitions. */
const LETTERS = 'fghjkmnpqrstvwxz'.split('');
const CAPITALS = LETTERS.map((letter) => letter.toUpperCase());
const DEFINED_ON = 'abcd'.split('');
const WRONG = 3;

/** A row of letters, and several programs with different results, of which one is asked for. */
interface Task extends Options<Program> {
  readonly letters: Letters;
}

type Names = ReadonlyMap<Operation, string>;

const OWN_NAMES: Names = new Map(OPERATIONS.map((operation) => [operation, operation.name]));

function nonceNames(random: Random): Names {
  const words = random.sample(NONCE_WORDS, OPERATIONS.length);
  return new Map(OPERATIONS.map((operation, i) => [operation, at(words, i)]));
}

/** Undefined unless the results of the four programs differ. */
function taskOf(random: Random, letters: Letters, programs: readonly Program[]): Task | undefined {
  if (new Set(programs.map((program) => runProgram(program, letters))).size < programs.length) return undefined;
  return { letters, ...askOne(random, programs) };
}

const questionOf = (task: Task) => optionsQuestion(task, (program) => runProgram(program, task.letters));

const PLACES: readonly Operation[] = [
  { name: 'first', at: 0 },
  { name: 'second', at: 1 },
  { name: 'third', at: 2 },
  { name: 'last', at: -1 },
].map((place) => ({
  name: place.name,
  meaning: `write the ${place.name} letter`,
  apply: (letters) => letters.slice(place.at).slice(0, 1),
}));

/** Rows for worked examples, with letters that the questions do not have. */
const SHOWN = ['b d c l', 'd l b y', 'l c y b', 'y b d c', 'c y l d'].map((row) => row.split(' '));

function byExample(task: Task, sign: string): Wording {
  const program = askedOption(task);
  const line = (letters: Letters) => `${letters.join(' ')} ${sign}`;
  const worked = SHOWN.map((letters) => `${line(letters)} ${runProgram(program, letters)}`);
  const title = program.map(({ meaning }) => meaning).join(', then ');
  return { prompt: [`${capitalize(title)}.`, ...worked, line(task.letters)].join('\n'), question: questionOf(task) };
}

function single(summary: string, programs: readonly Program[], length: number): ProbeRecipe {
  const draw = (alphabet: readonly string[]) => (random: Random) =>
    taskOf(random, random.sample(alphabet, length), programs);
  return recipe({
    summary,
    draw: draw(LETTERS),
    redraw: draw(CAPITALS),
    exam: (task) => byExample(task, '->'),
    formats: { restyled: (task) => byExample(task, '=') },
  });
}

const EXAMPLE = { letters: 'kmpt'.split(''), program: [DROP_FIRST, REVERSE] };

/** Definitions, each with an example; then a worked example; then the question. */
function defined(names: Names, task: Task): Wording {
  const definitions = OPERATIONS.map((operation) => {
    const shown = `${DEFINED_ON.join(' ')} -> ${runProgram([operation], DEFINED_ON)}`;
    return `${names.get(operation)} = ${operation.meaning}: ${shown}`;
  });
  const instruct = (operations: Program, start: Letters) =>
    `Question: Start with ${start.join(' ')}. Apply ${operations.map((each) => names.get(each)).join(', then ')}.\nAnswer:`;
  const worked = `${instruct(EXAMPLE.program, EXAMPLE.letters)} ${runProgram(EXAMPLE.program, EXAMPLE.letters)}`;
  const prompt = [...definitions, '', worked, '', instruct(askedOption(task), task.letters)].join('\n');
  return { prompt, question: questionOf(task) };
}

/** A program and three misreadings with results of equal length. Undefined if too few, or if fewer steps suffice. */
function drawProgram(random: Random, letters: Letters, steps: number): Task | undefined {
  const program = Array.from({ length: steps }).reduce<Program>(
    // No operation follows itself: reversing twice does nothing.
    (done) => [...done, random.pick(OPERATIONS.filter((operation) => operation !== done.at(-1)))],
    [],
  );
  const right = runProgram(program, letters);
  const wrong = misreadings(program).filter((other) => runProgram(other, letters).length === right.length);
  if (wrong.length < WRONG) return undefined;
  const programs = [program, ...random.sample(wrong, WRONG)];
  const early = programs.some((each) =>
    each.some((_, done) => runProgram(each.slice(0, done), letters) === runProgram(each, letters)),
  );
  return early ? undefined : taskOf(random, letters, programs);
}

function composed(summary: string, steps: number, length: number): ProbeRecipe {
  const draw = (alphabet: readonly string[]) => (random: Random) =>
    drawProgram(random, random.sample(alphabet, length), steps);
  return recipe({
    summary,
    draw: draw(LETTERS),
    redraw: draw(CAPITALS),
    exam: (task) => defined(OWN_NAMES, task),
    formats: { renamed: (task, random) => defined(nonceNames(random), task) },
  });
}

/** Operations on a row of letters, which the prompt defines: by examples at first, then in words. */
export const stringOperations: ProbeFamily = familyFrom('string-operations', 'composition', [
  single(
    'one letter of four',
    PLACES.map((place) => [place]),
    4,
  ),
  single('copy, drop or turn around four letters', [[COPY], [DROP_FIRST], [DROP_LAST], [REVERSE]], 4),
  single('drop, move or turn around five letters', [[ROTATE], [DROP_FIRST], [DROP_LAST], [REVERSE]], 5),
  composed('two operations', 2, 5),
  composed('three operations', 3, 6),
  composed('five operations', 5, 7),
  composed('eight operations', 8, 8),
]);
