import type { Question } from '../item.ts';
import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Family, Pair, Phrasing } from './family.ts';

/** One action each, which the answer writes in capitals; all of them can be done to a side. */
const VERBS = ['walk', 'run', 'jump', 'look', 'hop', 'skip', 'spin', 'wave', 'nod', 'bow', 'kick', 'step'];
const TIMES = { twice: 2, thrice: 3 } as const;
const REPETITIONS = ['twice', 'thrice'] as const;
const TURNS = ['left', 'right'] as const;

type Modifier = keyof typeof TIMES | (typeof TURNS)[number];
type Conjunction = 'and' | 'after';

/** `jump twice` */
interface Part {
  readonly verb: string;
  readonly modifier: Modifier;
  /** By how much one miscounts the repetitions. */
  readonly extra?: number;
}

/** `jump twice after walk left`. One conjunction only, so that three parts have one meaning. */
interface Command {
  readonly parts: readonly Part[];
  readonly conjunction: Conjunction;
}

interface Fact {
  /** Every verb of `command` is shown with its own modifier, and with no other. */
  readonly examples: readonly Command[];
  readonly command: Command;
  /** Another part, which the examples show, to make the command longer. */
  readonly more: Part;
  readonly mistake: 'exchange' | 'miscount';
}

function repeats({ modifier }: Part): boolean {
  return modifier in TIMES;
}

function actions({ verb, modifier, extra = 0 }: Part): string[] {
  const action = verb.toUpperCase();
  if (modifier === 'left' || modifier === 'right') return [modifier.toUpperCase(), action];
  return Array.from({ length: TIMES[modifier] + extra }, () => action);
}

function perform({ parts, conjunction }: Command): string {
  const done = parts.map(actions);
  return (conjunction === 'and' ? done : done.toReversed()).flat().join(' ');
}

function say({ parts, conjunction }: Command): string {
  return parts.map(({ verb, modifier }) => `${verb} ${modifier}`).join(` ${conjunction} `);
}

/** The order that the other conjunction means. */
function misordered(command: Command): Command {
  return { ...command, parts: command.parts.toReversed() };
}

/** Two parts with each other's modifiers. */
function exchanged(random: Random, { parts, conjunction }: Command): Command {
  const pairs = parts.flatMap((one, i) => parts.slice(i + 1).map((other) => [one, other] as const));
  const [one, other] = random.pick(pairs.filter(([{ modifier }, { modifier: second }]) => modifier !== second));
  const exchange = (part: Part): Part => {
    if (part === one) return { ...part, modifier: other.modifier };
    return part === other ? { ...part, modifier: one.modifier } : part;
  };
  return { conjunction, parts: parts.map(exchange) };
}

/** One repetition too many or too few. */
function miscounted(random: Random, { parts, conjunction }: Command): Command {
  const wrong = random.pick(parts.filter(repeats));
  const extra = random.pick([-1, 1]);
  return { conjunction, parts: parts.map((part) => (part === wrong ? { ...part, extra } : part)) };
}

/**
 * Right or wrong order, times right or wrong modifiers: as many choices begin, end and are as long as the right one as
 * are not.
 */
function ask(random: Random, command: Command, mistake: Fact['mistake']): Question {
  const wrong = mistake === 'exchange' ? exchanged(random, command) : miscounted(random, command);
  const right = perform(command);
  const choices = [right, ...[misordered(command), wrong, misordered(wrong)].map(perform)];
  const mixed = random.shuffle(choices);
  return { kind: 'choice', choices: mixed, answer: mixed.indexOf(right), scoring: 'per-character' };
}

function drawFact(random: Random): Fact {
  const [verb = '', other = '', third = '', fourth = ''] = random.sample(VERBS, 4);
  const repetition = random.pick(REPETITIONS);
  const rest: Modifier[] = [...REPETITIONS, ...TURNS].filter((modifier) => modifier !== repetition);
  const [modifier, second] = random.shuffle<Modifier>([repetition, random.pick(rest)]) as [Modifier, Modifier];
  const parts: readonly Part[] = [
    { verb, modifier },
    { verb: other, modifier: second },
  ];
  const shown: readonly Command[] = [
    ...random.shuffle(parts).map((part): Command => ({ parts: [part], conjunction: 'and' })),
    ...random.shuffle<Command>([
      {
        conjunction: 'and',
        parts: random.shuffle([
          { verb: third, modifier },
          { verb: fourth, modifier: second },
        ]),
      },
      {
        conjunction: 'after',
        parts: random.shuffle([
          { verb: third, modifier: second },
          { verb: fourth, modifier },
        ]),
      },
    ]),
  ];
  return {
    examples: shown,
    command: { parts, conjunction: random.pick(['and', 'after']) },
    more: { verb: random.pick([third, fourth]), modifier: random.pick([modifier, second]) },
    mistake: random.pick(['exchange', 'miscount']),
  };
}

function twinOf(random: Random, { command, more }: Fact, kind: string): Command {
  switch (kind) {
    case 'held-out':
      return exchanged(random, command);
    case 'longer':
      return { ...command, parts: [...command.parts, more] };
    default:
      throw new Error(`no twin of kind ${kind}`);
  }
}

function phrase(random: Random, template: string, { examples, mistake }: Fact, command: Command): Phrasing {
  const shown = examples.map((example) => `Question: ${say(example)}\nAnswer: ${perform(example)}\n\n`);
  return {
    template,
    prompt: `${shown.join('')}Question: ${say(command)}\nAnswer:`,
    question: ask(random, command, mistake),
  };
}

/**
 * Commands as in SCAN (Lake & Baroni 2018), whose few examples are the whole language: two verbs with one modifier each,
 * and both conjunctions. The benchmark form recombines what was seen, `held-out` exchanges the modifiers of the two
 * verbs, and `longer` says more than any example.
 */
export const commands: Family = {
  name: 'commands',
  capability: 'composition',
  twins: ['held-out', 'longer'],
  draw(random, kinds) {
    const seen = new Set<string>();
    return kinds.map((kind): Pair => {
      const draw = () => {
        const fact = drawFact(random);
        return { fact, benchmark: phrase(random, 'exam', fact, fact.command) };
      };
      const { fact, benchmark } = drawNew(seen, draw, (drawn) => drawn.benchmark.prompt);
      return { benchmark, twin: phrase(random, kind, fact, twinOf(random, fact, kind)) };
    });
  },
};
