import { randomUUID } from 'node:crypto';
import { withTimeout } from './with-timeout.ts';

type Print = (line: string) => void;

/** The token that resumes workflow commands; null unless they are stopped. */
let resumeToken: string | null = null;

/** Work that logs strings from a checkpoint: the runner obeys no commands, and `::error::` is only a tensor's name. */
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
 * Let one of the toolkit's clients work. The runner must receive its commands that mask secrets, even while commands
 * are stopped. Its annotations become ordinary lines: the caller decides whether a failure deserves one.
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
