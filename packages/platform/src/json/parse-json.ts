import { UserError } from '../user-error.ts';

// Foreign JSON. `JSON.parse` takes any nesting and any number of values, but later recursion overflows the stack, and
// `[[],[],…` takes twenty times its size in memory. Both are refused before the text is parsed.

/** Configurations, tokenizers, measurements and chats nest a dozen levels. */
export const MAX_JSON_DEPTH = 128;

/** Estimated size of the parsed values, far below the heap of a process: five times that for 40,000 matrices. */
const MAX_PARSED_BYTES = 768 * 1024 * 1024;

/** Bytes in V8: an empty object or list, an entry of one, and a string without its characters. */
const CONTAINER_BYTES = 64;
const ENTRY_BYTES = 24;
const STRING_BYTES = 32;

interface JsonText {
  /** Name in errors: a file, a line of a file, a server. */
  readonly name: string;
  readonly hint: string;
  /** Text behind the name in the error for a text that is not JSON; by default the line. */
  readonly notJson?: string | ((error: Error) => string);
}

/** @throws UserError for a text that is not JSON, nests too deeply, or has too many values */
export function parseJson(text: string, { name, hint, notJson }: JsonText): unknown {
  const excess = excessIn(text);
  if (excess !== null) throw new UserError(`${name} ${excess}`, hint);
  try {
    return JSON.parse(text);
  } catch (error) {
    const line = lineOfError(error as Error, text);
    const what = notJson ?? ` is not JSON${line === null ? '' : ` (line ${line})`}`;
    throw new UserError(`${name}${typeof what === 'string' ? what : what(error as Error)}`, hint);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** One pass over the text, which need not be JSON. @returns which limit it exceeds, or null */
function excessIn(text: string): string | null {
  const { length } = text;
  let depth = 0;
  let bytes = length;
  for (let i = 0; i < length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        bytes += STRING_BYTES;
        break;
      case COMMA:
        bytes += ENTRY_BYTES;
        break;
      case 0x5b: // [
      case 0x7b: // {
        bytes += CONTAINER_BYTES;
        depth++;
        if (depth > MAX_JSON_DEPTH) return `nests deeper than ${MAX_JSON_DEPTH} levels of lists and objects`;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  if (bytes <= MAX_PARSED_BYTES) return null;
  return `has too many values: they would take about ${Math.ceil(bytes / 2 ** 20)} MiB of memory, the limit is ${MAX_PARSED_BYTES / 2 ** 20} MiB`;
}

/** @returns the index of the closing quote of a string; the length of the text without one */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}

/** The line of a syntax error, from 1. Messages are not shown: they quote the file, perhaps a link to a secret. */
export function lineOfError({ message }: Error, text: string): number | null {
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position === undefined) return null;
  let line = 1;
  for (let end = text.indexOf('\n'); end !== -1 && end < Number(position); end = text.indexOf('\n', end + 1)) line++;
  return line;
}
