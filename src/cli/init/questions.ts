import { createInterface, type Interface } from 'node:readline/promises';
import { UserError } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';
import { inWidth } from './say.ts';

/** What is asked with, in a terminal or by a script that writes the answers to standard input. */
interface Answering {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Receives a question without a line end. */
  readonly onQuestion: (text: string) => void;
  /** Columns of what is said about a question. */
  readonly width?: number;
  /** How long the first answer may take where nobody sits at a terminal, in milliseconds. */
  readonly patience?: number;
}

/** Asks a person, or takes the defaults. */
export interface InitQuestions {
  /**
   * @param fallback the answer to an empty line
   * @param about what depends on the answer, said before the question to those who are asked
   */
  readonly text: (question: string, fallback: string, about?: string) => Promise<string>;
  readonly confirm: (question: string, fallback: boolean, about?: string) => Promise<boolean>;
  /** @returns the index of the chosen one */
  readonly choose: (question: string, choices: readonly string[], fallback: number) => Promise<number>;
  readonly close: () => void;
}

/** `--yes`: every answer is the default. */
export const DEFAULTS: InitQuestions = {
  text: async (_, fallback) => fallback,
  confirm: async (_, fallback) => fallback,
  choose: async (_, __, fallback) => fallback,
  close: () => {},
};

const PATIENCE_MILLISECONDS = 10_000;
const WIDTH = 80;

/** Wrong answers to one question before it ends: a script would never stop. */
const MAX_ATTEMPTS = 3;

/** Questions on standard input, which ends with an error where nobody answers. */
export function askQuestions({
  input,
  onQuestion,
  width = WIDTH,
  patience = PATIENCE_MILLISECONDS,
}: Answering): InitQuestions {
  let lines: { readonly reader: Interface; readonly next: () => Promise<IteratorResult<string>> } | null = null;
  const open = () => {
    // Lines are edited by the terminal itself, so that Ctrl-C ends the program as everywhere else.
    const reader = createInterface({ input, terminal: false });
    const iterator = reader[Symbol.asyncIterator]();
    return { reader, next: () => iterator.next() };
  };
  const isTerminal = input.isTTY === true;
  let isAnswered = false;
  async function ask(question: string): Promise<string> {
    lines ??= open();
    onQuestion(question);
    const next = lines.next();
    const answer = await (isTerminal || isAnswered ? next : withPatience(next, patience));
    if (answer === null || answer.done) {
      onQuestion('\n');
      throw nobody(question, isTerminal);
    }
    isAnswered = true;
    // A person has pressed Enter already.
    if (!isTerminal) onQuestion(`${printable(answer.value)}\n`);
    return answer.value.trim();
  }
  async function until<T>(question: string, read: (answer: string) => T | null, allowed: string): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const value = read(await ask(question));
      if (value !== null) return value;
      onQuestion(`  ${allowed}\n`);
    }
    throw new UserError(`no answer to ${JSON.stringify(question.trim())} could be used`, allowed);
  }
  const tell = (about: string | undefined) => {
    if (about !== undefined) onQuestion(`${inWidth(`· ${about}`, width)}\n`);
  };
  return {
    text: async (question, fallback, about) => {
      tell(about);
      return (await ask(`${question} [${printable(fallback)}] `)) || fallback;
    },
    confirm: (question, fallback, about) => {
      tell(about);
      const choices = fallback ? 'Y/n' : 'y/N';
      return until(`${question} [${choices}] `, (answer) => yesOrNo(answer, fallback), 'answer y or n');
    },
    choose: (question, choices, fallback) => {
      onQuestion(choices.map((choice, i) => `  ${i + 1}) ${printable(choice)}\n`).join(''));
      const read = (answer: string) => indexIn(answer, choices, fallback);
      return until(`${question} [${fallback + 1}] `, read, `answer a number from 1 to ${choices.length}`);
    },
    close: () => lines?.reader.close(),
  };
}

async function withPatience<T>(work: Promise<T>, milliseconds: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
}

function nobody(question: string, isTerminal: boolean): UserError {
  const why = isTerminal ? 'the input ended' : 'there is no terminal, and standard input has no answer';
  return new UserError(
    `nobody answers ${JSON.stringify(question.trim())}: ${why}`,
    'add --yes to take the defaults, or pipe one answer a line',
  );
}

function yesOrNo(answer: string, fallback: boolean): boolean | null {
  if (answer === '') return fallback;
  if (/^y(es)?$/i.test(answer)) return true;
  return /^no?$/i.test(answer) ? false : null;
}

/** A number, or the choice itself. */
function indexIn(answer: string, choices: readonly string[], fallback: number): number | null {
  if (answer === '') return fallback;
  const named = choices.indexOf(answer);
  if (named >= 0) return named;
  const number = Number(answer);
  return Number.isInteger(number) && number >= 1 && number <= choices.length ? number - 1 : null;
}
