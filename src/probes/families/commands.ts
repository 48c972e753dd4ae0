import type { Question } from '../item.ts';
import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Pair, Phrasing, ProbeFamily } from './family.ts';

/** One action each, which the answer writes in capitals. All of them can be done to one side. */
const VERBS = ['walk', 'run', 'jump', 'look', 'hop', 'skip', 'spin', 'wave', 'nod', 'bow', 'kick', 'step'];
const COUNTS = { twice: 2, thrice: 3 } as const;
const REPETITIONS = ['twice', 'thrice'] as const;
const DIRECTIONS = ['left', 'right'] as const;

type Modifier = keyof typeof COUNTS | (typeof DIRECTIONS)[number];
type Conjunction = 'and' | 'after';

/** `jump twice` */
interface Instruction {
  readonly verb: string;
  readonly modifier: Modifier;
  /** Repetitions too many, or too few if negative, in a wrong answer. */
  readonly extra?: number;
}

/** `jump twice after walk left`. All conjunctions are the same, so that three instructions have only one meaning. */
interface Command {
  readonly instructions: readonly Instruction[];
  readonly conjunction: Conjunction;
}

interface Task {
  /** They show every verb of `command` with its own modifier, and with no other one. */
  readonly examples: readonly Command[];
  readonly command: Command;
  /** Another instruction from the examples, which makes the command longer. */
  readonly extraInstruction: Instruction;
  readonly mistake: 'exchange' | 'miscount';
}

function isRepeated({ modifier }: Instruction): boolean {
  return modifier in COUNTS;
}

function actions({ verb, modifier, extra = 0 }: Instruction): string[] {
  const action = verb.toUpperCase();
  if (modifier === 'left' || modifier === 'right') return [modifier.toUpperCase(), action];
  return Array.from({ length: COUNTS[modifier] + extra }, () => action);
}

function perform({ instructions, conjunction }: Command): string {
  const done = instructions.map(actions);
  return (conjunction === 'and' ? done : done.toReversed()).flat().join(' ');
}

function toText({ instructions, conjunction }: Command): string {
  return instructions.map(({ verb, modifier }) => `${verb} ${modifier}`).join(` ${conjunction} `);
}

/** In the order that the other conjunction means. */
function misordered(command: Command): Command {
  return { ...command, instructions: command.instructions.toReversed() };
}

/** With the modifiers of two instructions exchanged. */
function exchanged(random: Random, { instructions, conjunction }: Command): Command {
  const pairs = instructions.flatMap((one, i) => instructions.slice(i + 1).map((other) => [one, other] as const));
  const [one, other] = random.pick(pairs.filter(([{ modifier }, { modifier: second }]) => modifier !== second));
  const exchange = (instruction: Instruction): Instruction => {
    if (instruction === one) return { ...instruction, modifier: other.modifier };
    return instruction === other ? { ...instruction, modifier: one.modifier } : instruction;
  };
  return { conjunction, instructions: instructions.map(exchange) };
}

/** With one repetition too many or too few. */
function miscounted(random: Random, { instructions, conjunction }: Command): Command {
  const wrong = random.pick(instructions.filter(isRepeated));
  const extra = random.pick([-1, 1]);
  return {
    conjunction,
    instructions: instructions.map((instruction) => (instruction === wrong ? { ...instruction, extra } : instruction)),
  };
}

/**
 * Four choices: right or wrong order, with right or wrong modifiers. So half of them begin like the right one, half of
 * them end like it, and half of them have its length.
 */
function questionFor(random: Random, command: Command, mistake: Task['mistake']): Question {
  const wrong = mistake === 'exchange' ? exchanged(random, command) : miscounted(random, command);
  const right = perform(command);
  const choices = [right, ...[misordered(command), wrong, misordered(wrong)].map(perform)];
  const shuffled = random.shuffle(choices);
  return { kind: 'choice', choices: shuffled, answer: shuffled.indexOf(right), scoring: 'per-character' };
}

function drawTask(random: Random): Task {
  const [verb = '', other = '', third = '', fourth = ''] = random.sample(VERBS, 4);
  const repetition = random.pick(REPETITIONS);
  const rest: Modifier[] = [...REPETITIONS, ...DIRECTIONS].filter((modifier) => modifier !== repetition);
  const [modifier, second] = random.shuffle<Modifier>([repetition, random.pick(rest)]) as [Modifier, Modifier];
  const instructions: readonly Instruction[] = [
    { verb, modifier },
    { verb: other, modifier: second },
  ];
  const shown: readonly Command[] = [
    ...random
      .shuffle(instructions)
      .map((instruction): Command => ({ instructions: [instruction], conjunction: 'and' })),
    ...random.shuffle<Command>([
      {
        conjunction: 'and',
        instructions: random.shuffle([
          { verb: third, modifier },
          { verb: fourth, modifier: second },
        ]),
      },
      {
        conjunction: 'after',
        instructions: random.shuffle([
          { verb: third, modifier: second },
          { verb: fourth, modifier },
        ]),
      },
    ]),
  ];
  return {
    examples: shown,
    command: { instructions, conjunction: random.pick(['and', 'after']) },
    extraInstruction: { verb: random.pick([third, fourth]), modifier: random.pick([modifier, second]) },
    mistake: random.pick(['exchange', 'miscount']),
  };
}

function commandOfTwin(random: Random, { command, extraInstruction }: Task, template: string): Command {
  switch (template) {
    case 'held-out':
      return exchanged(random, command);
    case 'longer':
      return { ...command, instructions: [...command.instructions, extraInstruction] };
    default:
      throw new Error(`unknown twin template ${template}`);
  }
}

function phrase(random: Random, template: string, { examples, mistake }: Task, command: Command): Phrasing {
  const shown = examples.map((example) => `Question: ${toText(example)}\nAnswer: ${perform(example)}\n\n`);
  return {
    template,
    prompt: `${shown.join('')}Question: ${toText(command)}\nAnswer:`,
    question: questionFor(random, command, mistake),
  };
}

/**
 * Commands as in SCAN (Lake & Baroni 2018). The few examples show the whole language: two verbs with one modifier each,
 * and both conjunctions. The benchmark form recombines what the examples show, `held-out` exchanges the modifiers of
 * the two verbs, and `longer` has more instructions than any example.
 */
export const commands: ProbeFamily = {
  name: 'commands',
  capability: 'composition',
  levels: [
    {
      summary: 'two instructions',
      twins: [
        { name: 'held-out', kind: 'fresh' },
        { name: 'longer', kind: 'fresh' },
      ],
    },
  ],
  draw(random, templates) {
    const seen = new Set<string>();
    return templates.map((template): Pair => {
      const draw = () => {
        const task = drawTask(random);
        return { task, benchmark: phrase(random, 'exam', task, task.command) };
      };
      const { task, benchmark } = drawNew(seen, draw, (drawn) => drawn.benchmark.prompt);
      return { benchmark, twin: phrase(random, template, task, commandOfTwin(random, task, template)) };
    });
  },
};
