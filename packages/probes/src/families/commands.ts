import { at } from '@shadow-gate/platform';
import type { Wording } from '../item.ts';
import type { Random } from '../random.ts';
import { NONCE_WORDS } from '../words.ts';
import { askedOption, askOne, type Options, optionsQuestion } from './choice.ts';
import type { ProbeFamily } from './family.ts';
import { familyFrom, type ProbeRecipe, recipe } from './recipe.ts';

const REPETITIONS = ['twice', 'thrice'] as const;
const DIRECTIONS = ['left', 'right'] as const;

type Repetition = (typeof REPETITIONS)[number];
type Modifier = Repetition | (typeof DIRECTIONS)[number];
type Conjunction = 'and' | 'after';

/** `(walk and jump left) twice after look`. All conjunctions of a sequence are the same, so it has only one meaning. */
type Command =
  | { readonly kind: 'verb'; readonly verb: string }
  | { readonly kind: 'modified'; readonly part: Command; readonly modifier: Modifier }
  | { readonly kind: 'sequence'; readonly conjunction: Conjunction; readonly parts: readonly Command[] };

const COUNTS: Readonly<Record<Repetition, number>> = { twice: 2, thrice: 3 };

function simple(verb: string): Command {
  return { kind: 'verb', verb };
}

/** The actions, in capitals. */
function perform(command: Command): string {
  switch (command.kind) {
    case 'verb':
      return command.verb.toUpperCase();
    case 'modified': {
      const { modifier } = command;
      const part = perform(command.part);
      if (modifier === 'left' || modifier === 'right') return `${modifier.toUpperCase()} ${part}`;
      return Array.from({ length: COUNTS[modifier] }, () => part).join(' ');
    }
    case 'sequence': {
      const done = command.parts.map(perform);
      return (command.conjunction === 'and' ? done : done.toReversed()).join(' ');
    }
  }
}

/** In words, with brackets around a sequence within another command. */
function say(command: Command): string {
  switch (command.kind) {
    case 'verb':
      return command.verb;
    case 'modified':
      return `${within(command.part)} ${command.modifier}`;
    case 'sequence':
      return command.parts.map(within).join(` ${command.conjunction} `);
  }
}

function within(command: Command): string {
  return command.kind === 'sequence' ? `(${say(command)})` : say(command);
}

/** One action each, which the answer writes in capitals. All of them can be done to one side. */
const VERBS = 'walk run jump look hop skip spin wave nod bow kick step'.split(' ');
const OTHER_VERBS = 'swim climb dance clap crawl dive push pull roll sing slide throw'.split(' ');
/** Those of the examples. */
const [SIT, STAND, TURN] = ['sit', 'stand', 'turn'].map(simple) as [Command, Command, Command];

/** Commands with different results, of which one is given. */
interface Task extends Options<Command> {
  readonly verbs: readonly string[];
}

const CHOICES = 4;
const ANY_MODIFIER: readonly Modifier[] = [...REPETITIONS, ...DIRECTIONS];

/** Draws several commands of one kind about some verbs, which differ in what a level is about. */
type Draw = (random: Random, verbs: readonly string[]) => readonly Command[];

function and(...parts: readonly Command[]): Command {
  return { kind: 'sequence', conjunction: 'and', parts };
}
/** `a after b`: b is done first. */
function after(...parts: readonly Command[]): Command {
  return { kind: 'sequence', conjunction: 'after', parts };
}
function modified(part: Command, modifier: Modifier): Command {
  return { kind: 'modified', part, modifier };
}

/** Says half of the commands backwards: the same with the other conjunction. */
function someBackwards(random: Random, commands: readonly Command[]): Command[] {
  return commands.map((command) =>
    random.int(0, 1) === 0 || command.kind !== 'sequence' ? command : after(...command.parts.toReversed()),
  );
}

/** Four of the six orders of three verbs, so that every choice resembles the command alike. */
const ordersByAnd: Draw = (random, verbs) => {
  const [a, b, c] = verbs.map(simple) as [Command, Command, Command];
  const orders = [and(a, b, c), and(a, c, b), and(b, a, c), and(b, c, a), and(c, a, b), and(c, b, a)];
  return random.sample(orders, CHOICES);
};

const ordersByBoth: Draw = (random, verbs) => someBackwards(random, ordersByAnd(random, verbs));

/** a a b, a b b, b b a, b a a. */
const repetitions: Draw = (random, verbs) => {
  const [a, b] = verbs.map(simple) as [Command, Command];
  const often = random.pick(REPETITIONS);
  return [
    and(modified(a, often), b),
    and(a, modified(b, often)),
    and(modified(b, often), a),
    and(b, modified(a, often)),
  ];
};

/** Right or wrong order and modifiers: half begin like the right one, half end like it, half have its length. */
const modifiedPairs: Draw = (random, verbs) => {
  const [a, b] = verbs.map(simple) as [Command, Command];
  const [one, other] = random.sample(ANY_MODIFIER, 2) as [Modifier, Modifier];
  return someBackwards(random, [
    and(modified(a, one), modified(b, other)),
    and(modified(b, other), modified(a, one)),
    and(modified(a, other), modified(b, one)),
    and(modified(b, one), modified(a, other)),
  ]);
};

/** Modified instructions, in one order and three others. */
function chains(length: number): Draw {
  return (random, verbs) => {
    const parts = verbs.slice(0, length).map((verb) => modified(simple(verb), random.pick(ANY_MODIFIER)));
    const join = random.pick([and, after]);
    return Array.from({ length: CHOICES }, () => join(...random.shuffle(parts)));
  };
}

/** Brackets inside one another, and the same with one change each. */
function nested(depth: number): Draw {
  return (random, verbs) => {
    const names = random.shuffle(verbs.map(simple));
    let used = 0;
    const grow = (left: number): Command => {
      if (left === 0) return at(names, used++ % names.length);
      const inner = modified(grow(left - 1), random.pick(REPETITIONS));
      const own = modified(at(names, used++ % names.length), random.pick(ANY_MODIFIER));
      return random.pick([and, after])(...random.shuffle([inner, own]));
    };
    const command = grow(depth);
    return [command, ...Array.from({ length: CHOICES - 1 }, () => changed(random, command))];
  };
}

/** With the parts of one sequence in the other order, or another repetition. */
function changed(random: Random, command: Command): Command {
  switch (command.kind) {
    case 'verb':
      return command;
    case 'modified': {
      const own = REPETITIONS.filter((repetition) => repetition !== command.modifier);
      if (random.int(0, 2) === 0 && own.length === 1) return { ...command, modifier: at(own, 0) };
      return { ...command, part: changed(random, command.part) };
    }
    case 'sequence': {
      if (random.int(0, 2) === 0) return { ...command, parts: command.parts.toReversed() };
      const place = random.int(0, command.parts.length - 1);
      return { ...command, parts: command.parts.with(place, changed(random, at(command.parts, place))) };
    }
  }
}

function taskOf(random: Random, draw: Draw, verbs: readonly string[]): Task | undefined {
  const commands = draw(random, verbs);
  if (new Set(commands.map(perform)).size < CHOICES) return undefined;
  return { verbs, ...askOne(random, commands) };
}

function phrase(examples: readonly Command[], task: Task, rename: (text: string) => string = String): Wording {
  const line = (command: Command) => `Question: ${say(command)}\nAnswer:`;
  const worked = examples.map((command) => `${line(command)} ${perform(command)}\n\n`);
  return {
    prompt: `${worked.join('')}${rename(line(askedOption(task)))}`,
    question: optionsQuestion(task, (command) => rename(perform(command))),
  };
}

/** Words that do not exist instead of the verbs, in small letters and in capitals. */
function renaming(random: Random, verbs: readonly string[]): (text: string) => string {
  const words = random.sample(NONCE_WORDS, verbs.length);
  const names = new Map(
    verbs.flatMap((verb, i) => [
      [verb, at(words, i)],
      [verb.toUpperCase(), at(words, i).toUpperCase()],
    ]),
  );
  return (text) => text.replace(/\w+/g, (word) => names.get(word) ?? word);
}

function level(summary: string, verbs: number, draw: Draw, examples: readonly Command[]): ProbeRecipe {
  const drawTask = (all: readonly string[]) => (random: Random) => taskOf(random, draw, random.sample(all, verbs));
  return recipe({
    summary,
    draw: drawTask(VERBS),
    redraw: drawTask(OTHER_VERBS),
    exam: (task) => phrase(examples, task),
    formats: { renamed: (task, random) => phrase(examples, task, renaming(random, task.verbs)) },
  });
}

const [TWICE, THRICE] = REPETITIONS;
const [LEFT, RIGHT] = DIRECTIONS;

const CONJUNCTIONS = [and(SIT, STAND), after(SIT, TURN), and(TURN, STAND, SIT), after(STAND, SIT, TURN)];
const MODIFIERS = [
  and(modified(SIT, TWICE), modified(STAND, RIGHT)),
  after(modified(TURN, THRICE), modified(SIT, LEFT)),
  after(modified(STAND, LEFT), modified(SIT, TWICE)),
];
const CHAINS = [
  ...MODIFIERS.slice(0, 2),
  and(modified(SIT, LEFT), modified(STAND, TWICE), modified(TURN, RIGHT)),
  after(modified(SIT, LEFT), modified(STAND, TWICE), modified(TURN, RIGHT)),
];
const NESTED = [
  and(modified(and(SIT, STAND), TWICE), modified(TURN, LEFT)),
  after(modified(after(SIT, modified(TURN, TWICE)), TWICE), STAND),
];

/** As in SCAN (Lake & Baroni 2018), with brackets. The examples use three verbs, and the questions others. */
export const commands: ProbeFamily = familyFrom('commands', 'composition', [
  level('three verbs', 3, ordersByAnd, [and(SIT, STAND), and(TURN, SIT, STAND)]),
  {
    ...level('two verbs, one repeated', 2, repetitions, [
      and(modified(SIT, TWICE), STAND),
      and(TURN, modified(SIT, THRICE)),
      and(modified(STAND, THRICE), TURN),
      and(STAND, modified(TURN, TWICE)),
    ]),
    supply: 400,
  },
  level('three verbs, "and" or "after"', 3, ordersByBoth, CONJUNCTIONS),
  level('two modified verbs', 2, modifiedPairs, MODIFIERS),
  level('four modified verbs', 4, chains(4), CHAINS),
  level('brackets', 4, nested(2), NESTED),
  level('brackets inside brackets', 5, nested(4), NESTED),
]);
