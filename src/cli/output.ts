import { SingleBar } from 'cli-progress';
import type { Progress } from '../measure/options.ts';
import { logLine, printable } from '../report/escape.ts';
import type { TerminalOptions } from '../report/terminal/table.ts';
import { formatDuration } from '../report/text/numbers.ts';

/** The exit codes are an interface: do not change them. */
export const EXIT = { pass: 0, warn: 0, fail: 1, couldNotJudge: 2, inconclusive: 3 } as const;

/** What a command gets from its process, or from a test. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** A table needs some room, and a terminal without a size reports 0. */
const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 100;

/** Shorter remaining times jump about too much to be shown. */
const SHORTEST_ETA_SECONDS = 3;

/** Where a command writes to, and the exit code it ends with unless it throws. */
export class Output {
  readonly #io: Io;
  exitCode: number = EXIT.pass;

  constructor(io: Io) {
    this.#io = io;
  }

  get env(): Readonly<NodeJS.ProcessEnv> {
    return this.#io.env;
  }

  get terminal(): TerminalOptions {
    const { stdout, env } = this.#io;
    return {
      color: stdout.isTTY === true && env.NO_COLOR === undefined,
      width: Math.max(MIN_WIDTH, stdout.columns || DEFAULT_WIDTH),
    };
  }

  /** Write a text and a line end to standard output. */
  print(text: string): void {
    this.#io.stdout.write(`${text}\n`);
  }

  warn(text: string): void {
    this.note(`warning: ${text}`);
  }

  /** Write one line that is no result to standard error. */
  note(text: string): void {
    this.#io.stderr.write(`shadow-gate: ${logLine(text)}\n`);
  }

  /** Tell somebody who watches what was done; a script knows it. */
  tell(text: string): void {
    if (this.#io.stderr.isTTY) this.note(text);
  }

  warnNonFinite(tensors: ReadonlyArray<{ readonly name: string; readonly nan: number; readonly inf: number }>): void {
    for (const { name, nan, inf } of tensors) {
      this.warn(`tensor ${printable(name)} contains ${nan} NaN and ${inf} Inf values`);
    }
  }

  /** Show a progress bar on standard error if that is a terminal, and nothing otherwise. */
  async withProgress<T>(work: (onProgress: ((progress: Progress) => void) | undefined) => Promise<T>): Promise<T> {
    const { stderr } = this.#io;
    if (!stderr.isTTY) return work(undefined);
    const bar = new SingleBar({
      format: '{bar} {value}/{total} {name}',
      stream: stderr,
      // Hiding the cursor would need a handler for Ctrl-C, which could not run while this thread computes a spectrum.
      hideCursor: false,
      linewrap: true,
      barsize: 24,
      clearOnComplete: true,
    });
    bar.start(1, 0, { name: 'reading' });
    try {
      return await work(({ done, total, name, secondsLeft = null }) => {
        const eta =
          secondsLeft === null || secondsLeft < SHORTEST_ETA_SECONDS ? '' : `, ${formatDuration(secondsLeft)} left`;
        bar.setTotal(total);
        bar.update(done, { name: `${printable(name, 40)}${eta}` });
        bar.render();
      });
    } finally {
      bar.stop();
    }
  }
}
