import { randomUUID } from 'node:crypto';
import type { Progress } from '../gate/check.ts';
import { printable } from '../report/escape.ts';

type Print = (line: string) => void;

/**
 * Do something that prints what came from a checkpoint. Meanwhile the runner takes no workflow command from the log, so
 * that a tensor named `::error::` stays a name, also where a library prints it.
 */
export async function withoutCommands<T>(print: Print, work: () => T | Promise<T>): Promise<T> {
  const token = randomUUID();
  print(`::stop-commands::${token}`);
  try {
    return await work();
  } finally {
    print(`::${token}::`);
  }
}

const QUIET_MILLISECONDS = 5000;

/** A line of progress now and then, not one a matrix: a large model has thousands. */
export function progressLog(print: Print, now: () => number = Date.now): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return ({ done, total, name }) => {
    if (done < total && now() - last < QUIET_MILLISECONDS) return;
    last = now();
    print(`${done}/${total} ${printable(name)}`);
  };
}
