import process from 'node:process';
import { Readable } from 'node:stream';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { VERDICT_EXIT } from '../compare/report.ts';
import { logLine, printable } from '../report/escape.ts';
import type { TerminalOptions } from '../report/terminal/index.ts';
import { openDisplay, type ProgressDisplay } from './progress/progress-display.ts';
import { openThreadedDisplay } from './progress/threaded-display.ts';
import { programWords } from './shell-words.ts';

/** The exit codes are an interface: do not change them. */
export const EXIT = { ...VERDICT_EXIT, couldNotJudge: 2 } as const;

/** From the process or a test. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Missing in a test without answers. */
  readonly stdin?: InputStream;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly now: () => Date;
  /** Missing in a test. */
  readonly argv?: readonly string[];
}

type InputStream = NodeJS.ReadableStream & { readonly isTTY?: boolean };
type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Tables need some room, and a terminal without a size reports 0. */
const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 100;

/** A shorter run has no lines of progress. Somebody may watch the log of a CI job. */
const QUIET_SECONDS = { ci: 5, pipe: 60 } as const;

const MAX_WARNINGS = 3;

/** A command's output, and its exit code unless it throws. */
export class Output {
  readonly #io: Io;
  #display: ProgressDisplay | null = null;
  exitCode: number = EXIT.pass;
  /** By --color or --no-color. */
  wantsColor: boolean | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  get env(): Readonly<NodeJS.ProcessEnv> {
    return this.#io.env;
  }

  get now(): Date {
    return this.#io.now();
  }

  /** Standard input, or an empty stream. */
  get input(): InputStream {
    return this.#io.stdin ?? Readable.from([]);
  }

  get program(): string {
    return programWords(this.#io.argv ?? []);
  }

  get terminal(): TerminalOptions {
    const { stdout, env } = this.#io;
    return {
      program: this.program,
      color: this.wantsColor ?? usesColor(env, stdout.isTTY === true),
      width: Math.max(MIN_WIDTH, stdout.columns || DEFAULT_WIDTH),
    };
  }

  print(text: string): void {
    this.#io.stdout.write(`${text}\n`);
  }

  /** Write (a part of) a question where the person who answers sees it. */
  question(text: string): void {
    const { stdout, stderr } = this.#io;
    (stdout.isTTY || !stderr.isTTY ? stdout : stderr).write(text);
  }

  warn(text: string): void {
    this.note(`warning: ${text}`);
  }

  note(text: string): void {
    const line = `shadow-gate: ${logLine(text)}`;
    if (this.#display) this.#display.note(line);
    else this.#io.stderr.write(`${line}\n`);
  }

  /** Write a line only if somebody watches: a script knows what it did. */
  tell(text: string): void {
    if (this.#io.stderr.isTTY) this.note(text);
  }

  /** Files can cause thousands of similar warnings. `more` says where the others are. */
  warnFew(messages: readonly string[], more: string): void {
    for (const message of messages.slice(0, MAX_WARNINGS)) this.warn(printable(message));
    const others = messages.length - MAX_WARNINGS;
    if (others > 0) this.warn(`${others.toLocaleString('en-US')} more warnings ${more}`);
  }

  warnNonFinite(tensors: ReadonlyArray<{ readonly name: string; readonly nan: number; readonly inf: number }>): void {
    for (const { name, nan, inf } of tensors) {
      this.warn(`tensor ${printable(name)} contains ${nan} NaN and ${inf} Inf values`);
    }
  }

  /** Show the progress of some work: a bar on a terminal, or lines in a log. `isQuiet`: only if somebody watches. */
  async withProgress<T>(
    work: (onProgress: OnProgress | undefined) => Promise<T>,
    { isQuiet = false }: { readonly isQuiet?: boolean | undefined } = {},
  ): Promise<T> {
    const { stderr, env } = this.#io;
    if (isQuiet && !stderr.isTTY) return work(undefined);
    const quietSeconds = env.CI === undefined || env.CI === '' ? QUIET_SECONDS.pipe : QUIET_SECONDS.ci;
    const kind = stderr.isTTY ? 'bar' : { quietSeconds };
    const threaded = stderr === process.stderr ? openThreadedDisplay(kind, stderr) : null;
    const display = threaded ?? openDisplay(kind, stderr);
    this.#display = display;
    try {
      return await work((progress) => display.report(progress));
    } finally {
      this.#display = null;
      display.stop();
    }
  }
}

/** NO_COLOR (no-color.org) and FORCE_COLOR, as Commander and Node read them. */
function usesColor({ NO_COLOR, FORCE_COLOR, TERM }: Readonly<NodeJS.ProcessEnv>, isTerminal: boolean): boolean {
  if ((NO_COLOR ?? '') !== '' || FORCE_COLOR === '0' || FORCE_COLOR === 'false') return false;
  return FORCE_COLOR !== undefined || (isTerminal && TERM !== 'dumb');
}
