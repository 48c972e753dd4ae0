import type { Question } from '../item.ts';
import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Family, Pair, Phrasing } from './family.ts';
import { NONCE_WORDS } from './words.ts';

type Letters = readonly string[];

interface Operation {
  readonly name: string;
  readonly meaning: string;
  readonly apply: (letters: Letters) => Letters;
}

/** What is done first stands first. */
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

/** No vowels, which make words, and not the letters of the definitions. */
const LETTERS = 'fghjkmnpqrstvwxz'.split('');
const DEFINED_ON = 'abcd'.split('');
const EXAMPLE = { letters: 'kmpt'.split(''), program: [DROP, REVERSE] };
/** Operations of a `deeper` twin; the benchmark form has fewer. */
const DEEPER = 3;
const WRONG = 3;

interface Fact {
  readonly letters: Letters;
  readonly program: Program;
  readonly question: Question;
  /** Begins like `program`. */
  readonly deeper: Program;
  readonly deeperQuestion: Question;
}

function run(program: Program, letters: Letters): string {
  return program.reduce((sofar, { apply }) => apply(sofar), letters).join(' ');
}

function permutations(program: Program): Program[] {
  if (program.length < 2) return [program];
  return program.flatMap((first) =>
    permutations(program.filter((operation) => operation !== first)).map((rest) => [first, ...rest]),
  );
}

/** What one does by mistake: another order, one operation taken for another, one forgotten, or one too many. */
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
 * The right string among wrong ones of the same length, so that all are as many tokens. Undefined if there are too few, or
 * if who stops early is right.
 */
function ask(random: Random, program: Program, letters: Letters): Question | undefined {
  const right = run(program, letters);
  const results = new Set(misreadings(program).map((wrong) => run(wrong, letters)));
  const alike = [...results].filter((wrong) => wrong !== right && wrong.length === right.length);
  const early = program.some((_, steps) => run(program.slice(0, steps), letters) === right);
  if (alike.length < WRONG || early) return undefined;
  const choices = random.shuffle([right, ...random.sample(alike, WRONG)]);
  return { kind: 'choice', choices, answer: choices.indexOf(right), scoring: 'raw' };
}

function drawFact(random: Random): Fact {
  for (;;) {
    const letters = random.sample(LETTERS, random.int(4, 5));
    const deeper = random.sample(OPERATIONS, DEEPER);
    const program = deeper.slice(0, random.int(1, DEEPER - 1));
    const question = ask(random, program, letters);
    const deeperQuestion = ask(random, deeper, letters);
    if (question && deeperQuestion) return { letters, program, question, deeper, deeperQuestion };
  }
}

type Names = ReadonlyMap<Operation, string>;

const OWN_NAMES: Names = new Map(OPERATIONS.map((operation) => [operation, operation.name]));

function nonceNames(random: Random): Names {
  const words = random.sample(NONCE_WORDS, OPERATIONS.length);
  return new Map(OPERATIONS.map((operation, i) => [operation, words[i] ?? '']));
}

/** Definitions, each with an example; a worked example; the question. */
function explain(names: Names, program: Program, letters: Letters): string {
  const definitions = OPERATIONS.map((operation) => {
    const shown = `${DEFINED_ON.join(' ')} -> ${run([operation], DEFINED_ON)}`;
    return `${names.get(operation)} = ${operation.meaning}: ${shown}`;
  });
  const instruct = (operations: Program, start: Letters) =>
    `Question: Start with ${start.join(' ')}. Apply ${operations.map((each) => names.get(each)).join(', then ')}.\nAnswer:`;
  const worked = `${instruct(EXAMPLE.program, EXAMPLE.letters)} ${run(EXAMPLE.program, EXAMPLE.letters)}`;
  return [...definitions, '', worked, '', instruct(program, letters)].join('\n');
}

function twinOf(random: Random, { letters, program, question, deeper, deeperQuestion }: Fact, kind: string): Phrasing {
  switch (kind) {
    case 'deeper':
      return { template: kind, prompt: explain(OWN_NAMES, deeper, letters), question: deeperQuestion };
    case 'renamed':
      return { template: kind, prompt: explain(nonceNames(random), program, letters), question };
    default:
      throw new Error(`no twin of kind ${kind}`);
  }
}

/** Operations on a row of letters, which the prompt defines: one or two, one after the other, and three in `deeper`. */
export const stringOperations: Family = {
  name: 'string-operations',
  capability: 'composition',
  twins: ['deeper', 'renamed'],
  draw(random, kinds) {
    const seen = new Set<string>();
    return kinds.map((kind): Pair => {
      const prompt = ({ program, letters }: Fact) => explain(OWN_NAMES, program, letters);
      const fact = drawNew(seen, () => drawFact(random), prompt);
      const benchmark = { template: 'exam', prompt: prompt(fact), question: fact.question };
      return { benchmark, twin: twinOf(random, fact, kind) };
    });
  },
};
