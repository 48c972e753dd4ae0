import process from 'node:process';
import { SingleBar } from 'cli-progress';
import type { Progress } from '../measure/options.ts';
import { printable } from '../report/escape.ts';
import type { TerminalOptions } from '../report/terminal/table.ts';
import { formatDuration } from '../report/text/numbers.ts';

/** The exit codes are an interface. */
export const EXIT = { pass: 0, fail: 1, couldNotJudge: 2, inconclusive: 3 } as const;

/** A table needs some room; a terminal without a size says 0. */
const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 100;

export function terminal(): TerminalOptions {
  const { stdout, env } = process;
  return {
    color: stdout.isTTY === true && env.NO_COLOR === undefined,
    width: Math.max(MIN_WIDTH, stdout.columns || DEFAULT_WIDTH),
  };
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function warn(text: string): void {
  process.stderr.write(`shadow-gate: warning: ${text}\n`);
}

/** A bar on standard error while a terminal watches; nothing in a log. */
export async function withProgress<T>(
  work: (onProgress: ((progress: Progress) => void) | undefined) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return work(undefined);
  // The terminal is left as it is, so that Ctrl-C can end the process at once: a handler would wait for the spectrum in
  // work, since this thread computes it.
  const format = '{bar} {value}/{total} {name}';
  const bar = new SingleBar({ format, hideCursor: false, linewrap: true, barsize: 24, clearOnComplete: true });
  bar.start(1, 0, { name: 'reading' });
  try {
    return await work(({ done, total, name, secondsLeft = null }) => {
      bar.setTotal(total);
      bar.update(done, { name: `${printable(name, 40)}${leftWords(secondsLeft)}` });
      bar.render();
    });
  } finally {
    bar.stop();
  }
}

/** Nothing for the last seconds, which jump about. */
function leftWords(seconds: number | null): string {
  return seconds === null || seconds < SHORT_SECONDS ? '' : `, ${formatDuration(seconds)} left`;
}

const SHORT_SECONDS = 3;

export function warnNonFinite(nonFinite: ReadonlyArray<{ name: string; nan: number; inf: number }>): void {
  for (const { name, nan, inf } of nonFinite) {
    warn(`tensor ${printable(name)} holds ${nan} NaN and ${inf} Inf`);
  }
}
