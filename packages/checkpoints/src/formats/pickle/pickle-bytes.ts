import { PickleError } from './pickle-error.ts';

/** Longer integers are not sizes. */
const MAX_LONG_BYTES = 255;
/** The longest lines are numbers and Python names. */
const MAX_LINE_BYTES = 1000;
const HIGHEST_PROTOCOL = 5;

export class PickleBytes {
  readonly #bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  #take(length: number): Buffer {
    const end = this.position + length;
    if (!(end <= this.#bytes.length)) throw new PickleError('it is cut off', { isCutOff: true });
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  byte(): number {
    const value = this.#bytes[this.position];
    if (value === undefined) throw new PickleError('it is cut off', { isCutOff: true });
    this.position += 1;
    return value;
  }

  unsigned(width: 1 | 2 | 4): number {
    return width === 1 ? this.byte() : this.#take(width).readUIntLE(0, width);
  }

  signed(width: 4): number {
    return this.#take(width).readIntLE(0, width);
  }

  float(): number {
    return this.#take(8).readDoubleBE(0);
  }

  #length(width: 1 | 4 | 8): number {
    if (width !== 8) return this.unsigned(width);
    const length = this.#take(8).readBigUInt64LE(0);
    if (length > BigInt(this.#bytes.length)) throw new PickleError('it is cut off', { isCutOff: true });
    return Number(length);
  }

  slice(width: 1 | 4 | 8): Uint8Array {
    return this.#take(this.#length(width));
  }

  /** UTF-8, also for texts of Python 2, as in torch.load. */
  text(width: 1 | 4 | 8): string {
    return decode(this.#take(this.#length(width)));
  }

  /** Two's complement, little-endian, of any length. */
  long(width: 1 | 4): number | bigint {
    const length = this.unsigned(width);
    if (length > MAX_LONG_BYTES) throw new PickleError(`it has an integer of ${length} bytes`);
    if (length === 0) return 0;
    const digits = Buffer.from(this.#take(length)).reverse();
    const value = BigInt.asIntN(8 * length, BigInt(`0x${digits.toString('hex')}`));
    return narrow(value);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0 && this.#bytes.length - this.position <= MAX_LINE_BYTES) {
      throw new PickleError('it is cut off', { isCutOff: true });
    }
    if (end < 0 || end - this.position > MAX_LINE_BYTES) throw new PickleError('it has a line that is no name');
    const text = decode(this.#bytes.subarray(this.position, end));
    this.position = end + 1;
    return text;
  }

  /** Protocol 0 also writes truth values this way. */
  textInteger(): number | bigint | boolean {
    const text = this.line();
    if (text === '00' || text === '01') return text === '01';
    return integer(text);
  }

  textLong(): number | bigint {
    return integer(this.line().replace(/L$/, ''));
  }

  textFloat(): number {
    const text = this.line();
    if (/^-?(inf|nan)$/.test(text)) return text === 'nan' ? Number.NaN : text === 'inf' ? Infinity : -Infinity;
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) throw new PickleError('it has an invalid number');
    return Number(text);
  }

  quoted(): string {
    const text = this.line();
    const inner = /^'([^'\\]*)'$/.exec(text)?.[1] ?? /^"([^"\\]*)"$/.exec(text)?.[1];
    if (inner === undefined) throw new PickleError('it has a text with escapes, which is not read');
    return inner;
  }

  escaped(): string {
    const text = this.line();
    if (text.includes('\\')) throw new PickleError('it has a text with escapes, which is not read');
    return text;
  }

  protocol(): void {
    const version = this.byte();
    if (version > HIGHEST_PROTOCOL) {
      throw new PickleError(`its protocol is ${version}, and ${HIGHEST_PROTOCOL} is the highest known`);
    }
  }

  /** The length of a frame is only a hint for reading ahead. */
  frame(): void {
    this.#take(8);
  }
}

function integer(text: string): number | bigint {
  if (!/^-?\d{1,400}$/.test(text)) throw new PickleError('it has an invalid number');
  return narrow(BigInt(text));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new PickleError('it has a text that is not UTF-8');
  }
}
