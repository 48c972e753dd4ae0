import { createReadStream } from 'node:fs';
import { UserError } from '@shadow-gate/platform';

/** A document with few-shot prompts for each of ten choices takes some 200 KB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

interface LogLine {
  readonly number: number;
  readonly text: string;
}

/**
 * Lines of a UTF-8 file of any size, one at a time, without empty ones. Only a line feed ends a line: documents can
 * have Unicode's other line ends. @throws UserError with the line, if it is too long or not UTF-8
 */
export async function* readLogLines(path: string, name: string): AsyncGenerator<LogLine> {
  let number = 0;
  let pending: Buffer[] = [];
  let bytes = 0;
  const take = (end: Buffer): LogLine => {
    number++;
    const text = decode(Buffer.concat([...pending, end]), `${name}:${number}`);
    [pending, bytes] = [[], 0];
    return { number, text };
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = take(chunk.subarray(start, end));
      start = end + 1;
      if (line.text.trim() !== '') yield line;
    }
    const rest = chunk.subarray(start);
    bytes += rest.length;
    if (bytes > MAX_LINE_BYTES) {
      throw new UserError(`${name}:${number + 1} has more than ${MAX_LINE_BYTES / 2 ** 20} MiB`, 'check the file');
    }
    pending.push(rest);
  }
  const last = take(Buffer.alloc(0));
  if (last.text.trim() !== '') yield last;
}

function decode(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${where} is not UTF-8`, 'copy the file again as the harness wrote it');
  }
}
