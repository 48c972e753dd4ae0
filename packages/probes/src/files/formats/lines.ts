import { basename, dirname } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { openResolved, resolveInside } from '@shadow-gate/platform/files';

/** All of MMLU takes 7 MB: a larger file is a mistake, and its items would take days to score. */
export const MAX_PROBE_FILE_BYTES = 64 * 1024 * 1024;

/** MMLU's largest split has 99,842: more would take minutes to read, and days to ask. */
export const MAX_RECORDS = 100_000;

/** @throws UserError for one more than that */
export function expectFewRecords(count: number, file: string): void {
  if (count > MAX_RECORDS) throw new UserError(`${file} has more than ${MAX_RECORDS} records`, 'use a part of it');
}

/** No question is longer. A file without line ends must not be decoded, parsed and printed as one line. */
export const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** @throws UserError for a file that is missing, not regular, a link out of its folder, or too large */
export async function readProbeBytes(path: string): Promise<Buffer> {
  const real = await resolveInside(dirname(path), basename(path));
  if (real === null) throw new UserError(`${path} does not exist`, 'give the path of a probe file');
  const handle = await openResolved(real);
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new UserError(`${path} is not a regular file`, 'give the path of a probe file');
    if (info.size > MAX_PROBE_FILE_BYTES) {
      throw new UserError(`${path} has ${info.size} bytes, more than ${MAX_PROBE_FILE_BYTES}`, 'use a part of it');
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * Lines without byte order mark and carriage returns. A line of 50 MB is refused before it is decoded.
 * @throws UserError with the line, if it is too long, is not UTF-8, or contains a NUL
 */
export function* readLines(bytes: Buffer, file: string): Generator<Line> {
  let start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  for (let number = 1; start < bytes.length; number += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end - start > MAX_LINE_BYTES) {
      throw new UserError(
        `${file}:${number}: a line of ${end - start} bytes, more than ${MAX_LINE_BYTES}`,
        'put each record on its own line, and shorten longer ones',
      );
    }
    const text = decode(bytes.subarray(start, end), start, `${file}:${number}`);
    yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
    start = end + 1;
  }
}

/** The whole of a UTF-8 file, without byte order mark. @throws UserError if it is not UTF-8, or contains a NUL */
export function decodeProbeText(bytes: Buffer, file: string): string {
  const text = decode(bytes, 0, file);
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function strictDecoder() {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
}

function decode(bytes: Uint8Array, offset: number, where: string): string {
  let text: string;
  try {
    text = strictDecoder().decode(bytes);
  } catch {
    const byte = offset + firstInvalidByte(bytes);
    throw new UserError(`${where}: not UTF-8 at byte ${byte} of the file`, 'save the file as UTF-8');
  }
  if (!text.includes('\0')) return text;
  throw new UserError(`${where}: contains a NUL character`, 'remove it, or save the file as UTF-8');
}

/** Decodes byte by byte, since a decoder does not report where it failed. */
function firstInvalidByte(bytes: Uint8Array): number {
  const decoder = strictDecoder();
  for (let index = 0; index < bytes.length; index += 1) {
    try {
      decoder.decode(bytes.subarray(index, index + 1), { stream: true });
    } catch {
      return index;
    }
  }
  // The bytes end within a character.
  return bytes.length;
}
