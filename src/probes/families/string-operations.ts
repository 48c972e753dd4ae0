import { at } from '../../platform/at.ts';
import type { Question } from '../item.ts';
import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Pair, Phrasing, ProbeFamily } from './family.ts';
import { NONCE_WORDS } from './words.ts';

type Letters = readonly string[];

interface Operation {
  readonly name: string;
  readonly meaning: string;
  readonly apply: (letters: Letters) => Letters;
}

/** In the order of execution. */
type Program = readonly Operation[];

const REVERSE: Operation = {
  name: 'reverse',
  meaning: 'write the letters backwards',
  apply: (letters) => letters.toReversed(),
};
const ROTATE: Operation = {
  name: 'rotate',
  meaning: 'move the first letter to the end',
  apply: (letters) => [...letters.slice(1), ...letters.slice(0, 1)],
};
const DROP: Operation = {
  name: 'drop',
  meaning: 'remove the first letter',
  apply: (letters) => letters.slice(1),
};
const DOUBLE: Operation = {
  name: 'double',
  meaning: 'repeat the last letter',
  apply: (letters) => [...letters, ...letters.slice(-1)],
};
const SWAP: Operation = {
  name: 'swap',
  meaning: 'exchange the first and last letters',
  apply: (letters) => [...letters.slice(-1), ...letters.slice(1, -1), ...letters.slice(0, 1)],
};
const OPERATIONS: Program = [REVERSE, ROTATE, DROP, DOUBLE, SWAP];

/** Without vowels, which would form words, and without the letters of the definitions. */
const LETTERS = 'fghjkmnpqrstvwxz'.split('');
const DEFINED_ON = 'abcd'.split('');
const EXAMPLE = { letters: 'kmpt'.split(''), program: [DROP, REVERSE] };
/** Number of operations in a `deeper` twin; the benchmark form has fewer. */
const DEEPER = 3;
const WRONG = 3;

interface Task {
  readonly letters: Letters;
  readonly program: Program;
  readonly question: Question;
  /** Begins with `program`. */
  readonly deeper: Program;
  readonly deeperQuestion: Question;
}

function run(program: Program, letters: Letters): string {
  return program.reduce((current, { apply }) => apply(current), letters).join(' ');
}

function permutations(program: Program): Program[] {
  if (program.length < 2) return [program];
  return program.flatMap((first) =>
    permutations(program.filter((operation) => operation !== first)).map((rest) => [first, ...rest]),
  );
}

/** Wrong programs: another order, one operation replaced, one missing, or one too many. */
function misreadings(program: Program): Program[] {
  const others = OPERATIONS.filter((operation) => !program.includes(operation));
  const places = [...program.keys()];
  return [
    ...permutations(program),
    ...places.flatMap((i) => others.map((other) => program.with(i, other))),
    ...places.map((i) => program.toSpliced(i, 1)),
    ...[...places, program.length].flatMap((i) => others.map((other) => program.toSpliced(i, 0, other))),
  ];
}

/**
 * The right string among wrong ones of the same length, so that all have the same number of tokens. Undefined if there
 * are too few, or if the first operations alone give the right string.
 */
function questionFor(random: Random, program: Program, letters: Letters): Question | undefined {
  const right = run(program, letters);
  const results = new Set(misreadings(program).map((wrong) => run(wrong, letters)));
  const sameLength = [...results].filter((wrong) => wrong !== right && wrong.length === right.length);
  const early = program.some((_, steps) => run(program.slice(0, steps), letters) === right);
  if (sameLength.length < WRONG || early) return undefined;
  const choices = random.shuffle([right, ...random.sample(sameLength, WRONG)]);
  return { kind: 'choice', choices, answer: choices.indexOf(right), scoring: 'raw' };
}

function drawTask(random: Random): Task {
  for (;;) {
    const letters = random.sample(LETTERS, random.int(4, 5));
    const deeper = random.sample(OPERATIONS, DEEPER);
    const program = deeper.slice(0, random.int(1, DEEPER - 1));
    const question = questionFor(random, program, letters);
    const deeperQuestion = questionFor(random, deeper, letters);
    if (question && deeperQuestion) return { letters, program, question, deeper, deeperQuestion };
  }
}

type Names = ReadonlyMap<Operation, string>;

const OWN_NAMES: Names = new Map(OPERATIONS.map((operation) => [operation, operation.name]));

function nonceNames(random: Random): Names {
  const words = random.sample(NONCE_WORDS, OPERATIONS.length);
  return new Map(OPERATIONS.map((operation, i) => [operation, at(words, i)]));
}

/** Definitions, each with an example; then a worked example; then the question. */
function promptFor(names: Names, program: Program, letters: Letters): string {
  const definitions = OPERATIONS.map((operation) => {
    const shown = `${DEFINED_ON.join(' ')} -> ${run([operation], DEFINED_ON)}`;
    return `${names.get(operation)} = ${operation.meaning}: ${shown}`;
  });
  const instruct = (operations: Program, start: Letters) =>
    `Question: Start with ${start.join(' ')}. Apply ${operations.map((each) => names.get(each)).join(', then ')}.\nAnswer:`;
  const worked = `${instruct(EXAMPLE.program, EXAMPLE.letters)} ${run(EXAMPLE.program, EXAMPLE.letters)}`;
  return [...definitions, '', worked, '', instruct(program, letters)].join('\n');
}

function twinOf(random: Random, task: Task, template: string): Phrasing {
  const { letters, program, question, deeper, deeperQuestion } = task;
  switch (template) {
    case 'deeper':
      return { template, prompt: promptFor(OWN_NAMES, deeper, letters), question: deeperQuestion };
    case 'renamed':
      return { template, prompt: promptFor(nonceNames(random), program, letters), question };
    default:
      throw new Error(`unknown twin template ${template}`);
  }
}

/** Operations on a row of letters, which the prompt defines: one or two after another, and three in `deeper`. */
export const stringOperations: ProbeFamily = {
  name: 'string-operations',
  capability: 'composition',
  levels: [
    {
      summary: 'one or two operations',
      twins: [
        { name: 'deeper', kind: 'fresh' },
        { name: 'renamed', kind: 'format' },
      ],
    },
  ],
  draw(random, templates) {
    const seen = new Set<string>();
    return templates.map((template): Pair => {
      const prompt = ({ program, letters }: Task) => promptFor(OWN_NAMES, program, letters);
      const task = drawNew(seen, () => drawTask(random), prompt);
      const benchmark = { template: 'exam', prompt: prompt(task), question: task.question };
      return { benchmark, twin: twinOf(random, task, template) };
    });
  },
};
