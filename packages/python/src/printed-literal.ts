import { HEX_DIGITS } from './escapes.ts';
import { LiteralReader } from './literal-reader.ts';

// Literals as Python prints them and pandas writes them into cells: lists, tuples, dicts and numpy arrays.

/** Choices nest two levels. */
const MAX_DEPTH = 8;

/** @returns undefined for a text that is no such literal */
export function parsePrintedLiteral(text: string): unknown {
  try {
    const reader = new Reader(text);
    const value = reader.value(0);
    reader.skipSpace();
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

class NotLiteral extends Error {}

const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null, nan: null };
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])/iy;
const WORD = /[A-Za-z_]\w*/y;
const SPACE = /\s*/y;
const COMMA = /\s*,/y;
/** The end of an array: `array(['a'], dtype=object)`. */
const ARRAY_END = /\s*(?:,\s*dtype=(?:\w+|'[^']*'))?\s*\)/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };

class Reader extends LiteralReader {
  protected readonly space = SPACE;

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotLiteral();
    this.skipSpace();
    const { character } = this;
    if (character === "'" || character === '"') return this.#string(character);
    if (character === '[') return this.#list(']', depth);
    if (character === '(') return this.#list(')', depth);
    if (character === '{') return this.#dictionary(depth);
    const number = this.match(NUMBER);
    if (number !== null) return Number(number[0]);
    const word = this.match(WORD)?.[0] ?? '';
    if (word === 'array' && this.take('(')) {
      const array = this.value(depth + 1);
      if (Array.isArray(array) && this.match(ARRAY_END) !== null) return array;
    }
    if (Object.hasOwn(WORDS, word)) return WORDS[word];
    throw new NotLiteral();
  }

  /** numpy prints arrays without commas. */
  #list(end: string, depth: number): unknown[] {
    this.next();
    const values: unknown[] = [];
    for (let maySeparate = true; ; ) {
      const hasSpace = this.skipSpace();
      if (this.take(end)) return values;
      if (!maySeparate && !hasSpace) throw new NotLiteral();
      values.push(this.value(depth + 1));
      maySeparate = this.match(COMMA) !== null;
    }
  }

  #dictionary(depth: number): Record<string, unknown> {
    this.next();
    const entries: [string, unknown][] = [];
    for (;;) {
      this.skipSpace();
      if (this.take('}')) return Object.fromEntries(entries);
      const key = this.value(depth + 1);
      this.skipSpace();
      if (typeof key !== 'string' || !this.take(':')) throw new NotLiteral();
      entries.push([key, this.value(depth + 1)]);
      this.skipSpace();
      if (this.take(',')) continue;
      if (this.character !== '}') throw new NotLiteral();
    }
  }

  #string(quote: string): string {
    this.next();
    let value = '';
    for (;;) {
      const character = this.#within();
      if (character === quote) return value;
      value += character === '\\' ? this.#escape() : character;
    }
  }

  #escape(): string {
    const letter = this.#within();
    const digits = HEX_DIGITS[letter];
    if (digits === undefined) return ESCAPES[letter] ?? `\\${letter}`;
    const character = this.hexCharacter(digits);
    if (character === null) throw new NotLiteral();
    return character;
  }

  /** The next character of a text, which must not be cut off. */
  #within(): string {
    if (this.isAtEnd) throw new NotLiteral();
    return this.next();
  }
}
