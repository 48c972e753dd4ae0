import { createInterface, type Interface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';

interface Answering {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Receives a question without a line end. */
  readonly onQuestion: (text: string) => void;
  /** Time for the first answer without a terminal, in milliseconds. */
  readonly patience?: number;
}

/** An empty line is the default. */
export interface InitQuestions {
  readonly text: (question: string, fallback: string) => Promise<string>;
  readonly confirm: (question: string, fallback: boolean) => Promise<boolean>;
  readonly close: () => void;
}

/** `--yes`: every answer is the default. */
export const DEFAULTS: InitQuestions = {
  text: async (_, fallback) => fallback,
  confirm: async (_, fallback) => fallback,
  close: () => {},
};

const PATIENCE_MILLISECONDS = 10_000;

/** Wrong answers to one question before it ends: a script would never stop. */
const MAX_ATTEMPTS = 3;

/** Questions on standard input. It is an error if nobody answers. */
export function askQuestions({ input, onQuestion, patience = PATIENCE_MILLISECONDS }: Answering): InitQuestions {
  let reader: Interface | null = null;
  let lines: AsyncIterator<string> | null = null;
  const isTerminal = input.isTTY === true;
  let isAnswered = false;
  async function ask(question: string): Promise<string> {
    // The terminal itself edits lines, so that Ctrl-C ends the program as usual.
    reader ??= createInterface({ input, terminal: false });
    lines ??= reader[Symbol.asyncIterator]();
    onQuestion(question);
    const next = lines.next();
    const answer = await (isTerminal || isAnswered
      ? next
      : Promise.race([next, sleep(patience, null, { ref: false })]));
    if (answer === null || answer.done) {
      onQuestion('\n');
      const why = isTerminal ? 'the input ended' : 'there is no terminal, and standard input has no answer';
      throw new UserError(
        `nobody answers ${JSON.stringify(question.trim())}: ${why}`,
        'add --yes to take the defaults, or pipe one answer a line',
      );
    }
    isAnswered = true;
    // A person has pressed Enter already.
    if (!isTerminal) onQuestion(`${printable(answer.value)}\n`);
    return answer.value.trim();
  }
  return {
    text: async (question, fallback) => (await ask(`${question} [${printable(fallback)}] `)) || fallback,
    confirm: async (question, fallback) => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const answer = await ask(`${question} [${fallback ? 'Y/n' : 'y/N'}] `);
        if (answer === '') return fallback;
        if (/^(?:y(?:es)?|no?)$/i.test(answer)) return /^y/i.test(answer);
        onQuestion('  answer y or n\n');
      }
      throw new UserError(`no answer to ${JSON.stringify(question)} could be used`, 'answer y or n');
    },
    close: () => reader?.close(),
  };
}
