import { ESCAPES, HEX_DIGITS } from '../../python/escapes.ts';
import { PythonError, PythonFloat, PythonTuple, type PythonValue } from '../../python/value.ts';

const DEEPEST = 50;
const SPACE = /(?:[ \t\f\n\r]|\\\n)*/y;
const NUMBER = /(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
const STRING = /([rRuU]?)('''|"""|'|")/y;

/**
 * `ast.literal_eval(text)` for texts, numbers, lists, tuples, dicts, True, False and None.
 * @throws PythonError for anything else
 */
export function literalEval(text: string): PythonValue {
  const reader = new Reader(text.replace(/^[ \t]+/, ''));
  const value = reader.value(0);
  reader.skipSpace();
  if (!reader.isAtEnd) {
    // "1, 2" is a tuple without parentheses.
    throw new PythonError('it has more than one value');
  }
  return value;
}

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

  value(depth: number): PythonValue {
    if (depth > DEEPEST) throw new PythonError('it nests too deep');
    this.skipSpace();
    const character = this.#text.charAt(this.#at);
    if (character === '[') return this.#items(']', depth).items;
    if (character === '{') return this.#dict(depth);
    if (character === '(') {
      const { items, separated } = this.#items(')', depth);
      const [only] = items;
      return items.length === 1 && !separated && only !== undefined ? only : new PythonTuple(items);
    }
    if (character === '-' || character === '+') {
      this.#at += 1;
      this.skipSpace();
      const digits = this.#match(NUMBER);
      if (digits === null) throw new PythonError(`it has a ${character} before something that is no number`);
      return signed(toNumber(digits), character === '-');
    }
    const text = this.#strings();
    if (text !== null) return text;
    const number = this.#match(NUMBER);
    if (number !== null) return toNumber(number);
    const word = this.#match(WORD)?.[0];
    if (word === 'True') return true;
    if (word === 'False') return false;
    if (word === 'None') return null;
    throw new PythonError(`it is no literal at character ${this.#at + 1}`);
  }

  #items(end: string, depth: number): { readonly items: PythonValue[]; readonly separated: boolean } {
    this.#at += 1;
    const items: PythonValue[] = [];
    let separated = true;
    for (;;) {
      this.skipSpace();
      if (this.#take(end)) return { items, separated: separated && items.length > 0 };
      if (!separated) throw new PythonError('it has two values without a comma between them');
      items.push(this.value(depth + 1));
      this.skipSpace();
      separated = this.#take(',');
    }
  }

  #dict(depth: number): PythonValue {
    this.#at += 1;
    const entries = new Map<PythonValue, PythonValue>();
    for (let separated = true; ; ) {
      this.skipSpace();
      if (this.#take('}')) return entries;
      if (!separated) throw new PythonError('it has two entries without a comma between them');
      const key = this.value(depth + 1);
      this.skipSpace();
      if (!this.#take(':')) throw new PythonError('it has a key without a value');
      entries.set(key, this.value(depth + 1));
      this.skipSpace();
      separated = this.#take(',');
    }
  }

  /** Texts that follow each other are one. */
  #strings(): string | null {
    let all: string | null = null;
    for (;;) {
      const start = this.#match(STRING);
      if (start === null) return all;
      const [, prefix = '', mark = ''] = start;
      all = (all ?? '') + this.#string(mark, prefix.toLowerCase() === 'r');
      this.skipSpace();
    }
  }

  #string(mark: string, raw: boolean): string {
    let text = '';
    for (;;) {
      const character = this.#text.charAt(this.#at);
      if (character === '' || (character === '\n' && mark.length === 1))
        throw new PythonError('it has a text without an end');
      if (this.#take(mark)) return text;
      this.#at += 1;
      text += character !== '\\' ? character : raw ? `\\${this.#text.charAt(this.#at++)}` : this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at);
    this.#at += 1;
    const plain = ESCAPES[letter];
    if (plain !== undefined) return plain;
    const octal = /^[0-7]{1,3}/.exec(this.#text.slice(this.#at - 1, this.#at + 2))?.[0];
    if (octal !== undefined) {
      this.#at += octal.length - 1;
      return String.fromCodePoint(Number.parseInt(octal, 8));
    }
    const digits = HEX_DIGITS[letter];
    if (letter === 'N') throw new PythonError('it has a character by its name');
    if (digits === undefined) return `\\${letter}`;
    const hex = this.#text.slice(this.#at, this.#at + digits);
    const code = hex.length === digits && /^[\da-f]+$/i.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
    if (!(code <= 0x10_ff_ff)) throw new PythonError(`it has the incomplete escape \\${letter}`);
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

function signed(number: PythonValue, negative: boolean): PythonValue {
  if (!negative) return number;
  if (number instanceof PythonFloat) return new PythonFloat(-number.value);
  return typeof number === 'bigint' ? -number : -(number as number) + 0;
}

function toNumber([text]: RegExpExecArray): PythonValue {
  if (/__|_$|_[.eE]|[.]_/.test(text)) throw new PythonError(`${text} is no number`);
  const digits = text.replaceAll('_', '');
  if (/[.eE]/.test(digits)) return new PythonFloat(Number(digits));
  if (/^0+[1-9]/.test(digits)) throw new PythonError(`${text} has leading zeros`);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}
