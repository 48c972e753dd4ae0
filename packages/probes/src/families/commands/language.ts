export const REPETITIONS = ['twice', 'thrice'] as const;
export const DIRECTIONS = ['left', 'right'] as const;

type Repetition = (typeof REPETITIONS)[number];
export type Modifier = Repetition | (typeof DIRECTIONS)[number];
type Conjunction = 'and' | 'after';

/** `(walk and jump left) twice after look`. All conjunctions of a sequence are the same, so it has only one meaning. */
export type Command =
  | { readonly kind: 'verb'; readonly verb: string }
  | { readonly kind: 'modified'; readonly part: Command; readonly modifier: Modifier }
  | { readonly kind: 'sequence'; readonly conjunction: Conjunction; readonly parts: readonly Command[] };

const COUNTS: Readonly<Record<Repetition, number>> = { twice: 2, thrice: 3 };

export function simple(verb: string): Command {
  return { kind: 'verb', verb };
}

/** The actions, in capitals. */
export function perform(command: Command): string {
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
export function say(command: Command): string {
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
