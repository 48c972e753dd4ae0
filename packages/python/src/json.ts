import { PythonFloat, type PythonValue } from './value.ts';

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?\d+(\.\d+)?([eE][-+]?\d+)?/y;
const NOT_FINITE = /NaN|-?Infinity/y;
const MAX_DIGITS = 4300;
const STRING = /"(?:[^"\\]|\\.)*"/sy;

/**
 * `json.loads(text)`: 1 is an int and 1.0 a float, NaN and Infinity are floats too, whole numbers are not rounded, and
 * keys keep their order.
 * @param text JSON that has been parsed before, so that it is neither wrong nor too deep
 */
export function parsePythonJson(text: string): PythonValue {
  return new Reader(text).value();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): PythonValue {
    this.#match(SPACE);
    switch (this.#text.charAt(this.#at)) {
      case '{':
        return this.#dict();
      case '[':
        return this.#list();
      case '"':
        return this.#string();
      case 't':
        this.#at += 'true'.length;
        return true;
      case 'f':
        this.#at += 'false'.length;
        return false;
      case 'n':
        this.#at += 'null'.length;
        return null;
      default:
        return this.#number();
    }
  }

  #dict(): PythonValue {
    const entries = new Map<PythonValue, PythonValue>();
    this.#items('}', () => {
      const key = this.#string();
      this.#match(SPACE);
      this.#at += ':'.length;
      entries.set(key, this.value());
    });
    return entries;
  }

  #list(): PythonValue {
    const items: PythonValue[] = [];
    this.#items(']', () => items.push(this.value()));
    return items;
  }

  #items(end: string, read: () => void): void {
    do {
      this.#at += 1;
      this.#match(SPACE);
      if (this.#text.charAt(this.#at) === end) break;
      read();
      this.#match(SPACE);
    } while (this.#text.charAt(this.#at) === ',');
    this.#at += 1;
  }

  #string(): string {
    return JSON.parse(this.#match(STRING)[0]);
  }

  #number(): PythonValue {
    NOT_FINITE.lastIndex = this.#at;
    if (NOT_FINITE.test(this.#text)) return new PythonFloat(Number(this.#match(NOT_FINITE)[0]));
    const [token, fraction, exponent] = this.#match(NUMBER);
    // Python reads no longer int, and a BigInt takes seconds for millions of digits.
    if (token.length > MAX_DIGITS) return new PythonFloat(Number(token));
    if (fraction !== undefined || exponent !== undefined) return new PythonFloat(Number(token));
    // There is no -0 among ints.
    return Number.isSafeInteger(Number(token)) ? Number(token) + 0 : BigInt(token);
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new SyntaxError(`not JSON at character ${this.#at}`);
    this.#at += match[0].length;
    return match;
  }
}
