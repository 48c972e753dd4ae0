import { randomUUID } from 'node:crypto';
import type { Progress } from '../../measure/options.ts';
import { printable } from '../../report/escape.ts';
import { formatDuration } from '../../report/text/numbers.ts';
import { withTimeout } from './with-timeout.ts';

type Print = (line: string) => void;

/** By which the runner takes commands again; null while it does. */
let stopped: string | null = null;

/**
 * Do something that prints what came from a checkpoint. Meanwhile the runner takes no workflow command from the log, so
 * that a tensor named `::error::` stays a name, also where a library prints it.
 */
export async function withoutCommands<T>(print: Print, work: () => T | Promise<T>): Promise<T> {
  const token = randomUUID();
  print(`::stop-commands::${token}`);
  stopped = token;
  try {
    return await work();
  } finally {
    stopped = null;
    print(`::${token}::`);
  }
}

const ANNOTATION = /^::(error|warning|notice)\b[^\n]*?::/gm;

/** A measurement has some megabytes. */
const PATIENCE_MILLISECONDS = 120_000;

/**
 * Let the toolkit's client of a service work, for two minutes. What it masks in the log has to be a command, also in the midst of something
 * else; but what it says of trouble becomes a line like any other: whether that is worth an annotation is ours to say.
 */
export async function withToolkit<T>(print: Print, work: () => Promise<T>): Promise<T> {
  const token = stopped;
  if (token !== null) print(`::${token}::`);
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = ((chunk: string | Uint8Array, ...more: []) =>
    write.call(stdout, typeof chunk === 'string' ? chunk.replace(ANNOTATION, '') : chunk, ...more)) as typeof write;
  try {
    return await withTimeout(PATIENCE_MILLISECONDS, work());
  } finally {
    stdout.write = write;
    if (token !== null) print(`::stop-commands::${token}`);
  }
}

const QUIET_MILLISECONDS = 5000;

/** A line of progress now and then, not one a matrix: a large model has thousands. */
export function progressLog(print: Print, now: () => number = Date.now): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return ({ done, total, name, secondsLeft = null }) => {
    if (done < total && now() - last < QUIET_MILLISECONDS) return;
    last = now();
    const left = secondsLeft === null || done === total ? '' : `, ${formatDuration(secondsLeft)} left`;
    print(`${done}/${total} ${printable(name)}${left}`);
  };
}
