import { randomUUID } from 'node:crypto';
import { withTimeout } from './with-timeout.ts';

type Print = (line: string) => void;

/** The token that turns workflow commands on again; null while they are on. */
let resumeToken: string | null = null;

/**
 * Do work that logs strings from a checkpoint. In the meantime the runner carries out no workflow command from the log,
 * so that a tensor named `::error::` is only a name, even if a library prints it.
 */
export async function withoutCommands<T>(print: Print, work: () => T | Promise<T>): Promise<T> {
  const token = randomUUID();
  print(`::stop-commands::${token}`);
  resumeToken = token;
  try {
    return await work();
  } finally {
    resumeToken = null;
    print(`::${token}::`);
  }
}

const ANNOTATION = /^::(error|warning|notice)\b[^\n]*?::/gm;

/** For uploads and downloads of several megabytes. */
const TIMEOUT_MILLISECONDS = 120_000;

/**
 * Let one of the toolkit's clients work. Its commands that mask secrets must reach the runner, even while commands are
 * off. Its annotations become ordinary lines: whether a failure is worth an annotation is for the caller to decide.
 */
export async function withToolkit<T>(print: Print, work: () => Promise<T>): Promise<T> {
  const token = resumeToken;
  if (token !== null) print(`::${token}::`);
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = ((chunk: string | Uint8Array, ...more: []) =>
    write.call(stdout, typeof chunk === 'string' ? chunk.replace(ANNOTATION, '') : chunk, ...more)) as typeof write;
  try {
    return await withTimeout(TIMEOUT_MILLISECONDS, work());
  } finally {
    stdout.write = write;
    if (token !== null) print(`::stop-commands::${token}`);
  }
}
