import { describeError } from '@shadow-gate/platform';
import { logLines, printable } from '../report/escape.ts';

export const MAX_MESSAGE = 2000;

/** One line, and the lines that the hint is about; the stack trace only with --debug. */
export function reportError(
  error: unknown,
  stderr: NodeJS.WritableStream,
  { debug }: { readonly debug: boolean },
): void {
  const { message, kind, lines = [] } = describeError(error);
  stderr.write(`shadow-gate: ${kind}: ${printable(message, MAX_MESSAGE)}\n`);
  for (const line of lines) stderr.write(`    ${printable(line)}\n`);
  if (debug && error instanceof Error) stderr.write(`${logLines(error.stack ?? '')}\n`);
}
