import { HEX_DIGITS } from '../../python/escapes.ts';

/**
 * Reading of what Python prints for lists, tuples, dictionaries and numpy arrays of texts and numbers: pandas writes such values
 * into the cells of a table.
 */

/** Choices nest two levels. */
const MAX_DEPTH = 8;

/** @returns undefined for a text that is no such literal */
export function parsePythonLiteral(text: string): unknown {
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
/** The end of an array: `array(['a'], dtype=object)`. */
const ARRAY_END = /\s*(?:,\s*dtype=(?:\w+|'[^']*'))?\s*\)/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  skipSpace(): void {
    this.#match(SPACE);
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotLiteral();
    this.skipSpace();
    const char = this.#text.charAt(this.#at);
    if (char === "'" || char === '"') return this.#string(char);
    if (char === '[') return this.#list(']', depth);
    if (char === '(') return this.#list(')', depth);
    if (char === '{') return this.#dictionary(depth);
    const number = this.#match(NUMBER);
    if (number !== null) return Number(number);
    const word = this.#match(WORD) ?? '';
    if (word === 'array' && this.#take('(')) {
      const array = this.value(depth + 1);
      if (Array.isArray(array) && this.#match(ARRAY_END) !== null) return array;
    }
    if (Object.hasOwn(WORDS, word)) return WORDS[word];
    throw new NotLiteral();
  }

  /** numpy prints arrays without commas. */
  #list(end: string, depth: number): unknown[] {
    this.#at += 1;
    const values: unknown[] = [];
    for (let maySeparate = true; ; ) {
      const hasSpace = this.#match(SPACE) !== '';
      if (this.#take(end)) return values;
      if (!maySeparate && !hasSpace) throw new NotLiteral();
      values.push(this.value(depth + 1));
      const space = this.#at;
      this.skipSpace();
      maySeparate = this.#take(',');
      if (!maySeparate) this.#at = space;
    }
  }

  #dictionary(depth: number): Record<string, unknown> {
    this.#at += 1;
    const entries: [string, unknown][] = [];
    for (;;) {
      this.skipSpace();
      if (this.#take('}')) return Object.fromEntries(entries);
      const key = this.value(depth + 1);
      this.skipSpace();
      if (typeof key !== 'string' || !this.#take(':')) throw new NotLiteral();
      entries.push([key, this.value(depth + 1)]);
      this.skipSpace();
      if (this.#take(',')) continue;
      if (this.#text.charAt(this.#at) !== '}') throw new NotLiteral();
    }
  }

  #string(quote: string): string {
    this.#at += 1;
    let value = '';
    for (;;) {
      const char = this.#next();
      if (char === quote) return value;
      value += char === '\\' ? this.#escape() : char;
    }
  }

  #escape(): string {
    const char = this.#next();
    const digits = HEX_DIGITS[char];
    if (digits === undefined) return ESCAPES[char] ?? `\\${char}`;
    const hex = this.#text.slice(this.#at, this.#at + digits);
    const code = Number.parseInt(hex, 16);
    if (!/^[0-9a-f]+$/i.test(hex) || hex.length < digits || code > 0x10ffff) throw new NotLiteral();
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  #next(): string {
    if (this.isAtEnd) throw new NotLiteral();
    this.#at += 1;
    return this.#text.charAt(this.#at - 1);
  }

  #take(char: string): boolean {
    if (this.#text.charAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  /** @param pattern sticky */
  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }
}
