import { LiteralReader } from './literal-reader.ts';
import { PythonFloat, type PythonValue } from './value.ts';

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?\d+(\.\d+)?([eE][-+]?\d+)?/y;
const NOT_FINITE = /NaN|-?Infinity/y;
const MAX_DIGITS = 4300;
const STRING = /"(?:[^"\\]|\\.)*"/sy;

/** `json.loads` of valid, shallow JSON. Ints are not rounded; 1.0, NaN and Infinity are floats; keys keep order. */
export function parsePythonJson(text: string): PythonValue {
  return new Reader(text).value();
}

class Reader extends LiteralReader {
  protected readonly space = SPACE;

  value(): PythonValue {
    this.skipSpace();
    if (this.character === '{') return this.#dict();
    if (this.character === '[') return this.#list();
    if (this.character === '"') return this.#string();
    if (this.take('true')) return true;
    if (this.take('false')) return false;
    return this.take('null') ? null : this.#number();
  }

  #dict(): PythonValue {
    const entries = new Map<PythonValue, PythonValue>();
    this.#items('}', () => {
      const key = this.#string();
      this.skipSpace();
      this.take(':');
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
      this.next();
      this.skipSpace();
      if (this.character === end) break;
      read();
      this.skipSpace();
    } while (this.character === ',');
    this.next();
  }

  #string(): string {
    return JSON.parse(this.match(STRING)?.[0] ?? this.#fail());
  }

  #number(): PythonValue {
    const special = this.match(NOT_FINITE)?.[0];
    if (special !== undefined) return new PythonFloat(Number(special));
    const [token, fraction, exponent] = this.match(NUMBER) ?? this.#fail();
    // Python refuses longer ints, and a BigInt takes seconds for millions of digits.
    if (token.length > MAX_DIGITS) return new PythonFloat(Number(token));
    if (fraction !== undefined || exponent !== undefined) return new PythonFloat(Number(token));
    // There is no -0 among ints.
    return Number.isSafeInteger(Number(token)) ? Number(token) + 0 : BigInt(token);
  }

  #fail(): never {
    throw new SyntaxError(`not JSON at character ${this.place}`);
  }
}
