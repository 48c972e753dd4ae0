import { ESCAPES, HEX_DIGITS } from './escapes.ts';
import { LiteralReader } from './literal-reader.ts';
import { PythonError, PythonFloat, PythonTuple, type PythonValue } from './value.ts';

const DEEPEST = 50;
const SPACE = /(?:[ \t\f\n\r]|\\\n)*/y;
const NUMBER = /(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
const OCTAL = /[0-7]{1,3}/y;
const STRING = /([rRuU]?)('''|"""|'|")/y;

/** `ast.literal_eval` for texts, numbers, lists, tuples, dicts, True, False and None. @throws PythonError otherwise */
export function literalEval(text: string): PythonValue {
  const reader = new Reader(text.replace(/^[ \t]+/, ''));
  const value = reader.value(0);
  reader.skipSpace();
  // "1, 2" is a tuple without parentheses.
  if (!reader.isAtEnd) throw new PythonError('it has more than one value');
  return value;
}

class Reader extends LiteralReader {
  protected readonly space = SPACE;

  value(depth: number): PythonValue {
    if (depth > DEEPEST) throw new PythonError('it nests too deep');
    this.skipSpace();
    const { character } = this;
    if (character === '[') return this.#items(']', depth).items;
    if (character === '{') return this.#dict(depth);
    if (character === '(') {
      const { items, separated } = this.#items(')', depth);
      const [only] = items;
      return items.length === 1 && !separated && only !== undefined ? only : new PythonTuple(items);
    }
    if (character === '-' || character === '+') {
      this.next();
      this.skipSpace();
      const digits = this.match(NUMBER);
      if (digits === null) throw new PythonError(`it has a ${character} before something that is no number`);
      return signed(toNumber(digits), character === '-');
    }
    const text = this.#strings();
    if (text !== null) return text;
    const number = this.match(NUMBER);
    if (number !== null) return toNumber(number);
    const word = this.match(WORD)?.[0];
    if (word === 'True') return true;
    if (word === 'False') return false;
    if (word === 'None') return null;
    throw new PythonError(`it is no literal at character ${this.place + 1}`);
  }

  #items(end: string, depth: number): { readonly items: PythonValue[]; readonly separated: boolean } {
    this.next();
    const items: PythonValue[] = [];
    let separated = true;
    for (;;) {
      this.skipSpace();
      if (this.take(end)) return { items, separated: separated && items.length > 0 };
      if (!separated) throw new PythonError('it has two values without a comma between them');
      items.push(this.value(depth + 1));
      this.skipSpace();
      separated = this.take(',');
    }
  }

  #dict(depth: number): PythonValue {
    this.next();
    const entries = new Map<PythonValue, PythonValue>();
    for (let separated = true; ; ) {
      this.skipSpace();
      if (this.take('}')) return entries;
      if (!separated) throw new PythonError('it has two entries without a comma between them');
      const key = this.value(depth + 1);
      this.skipSpace();
      if (!this.take(':')) throw new PythonError('it has a key without a value');
      entries.set(key, this.value(depth + 1));
      this.skipSpace();
      separated = this.take(',');
    }
  }

  /** Texts that follow each other are one. */
  #strings(): string | null {
    let all: string | null = null;
    for (;;) {
      const start = this.match(STRING);
      if (start === null) return all;
      const [, prefix = '', mark = ''] = start;
      all = (all ?? '') + this.#string(mark, prefix.toLowerCase() === 'r');
      this.skipSpace();
    }
  }

  #string(mark: string, raw: boolean): string {
    let text = '';
    for (;;) {
      const { character } = this;
      if (character === '' || (character === '\n' && mark.length === 1))
        throw new PythonError('it has a text without an end');
      if (this.take(mark)) return text;
      this.next();
      text += character !== '\\' ? character : raw ? `\\${this.next()}` : this.#escape();
    }
  }

  #escape(): string {
    const octal = this.match(OCTAL)?.[0];
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const letter = this.next();
    const plain = ESCAPES[letter];
    if (plain !== undefined) return plain;
    const digits = HEX_DIGITS[letter];
    if (letter === 'N') throw new PythonError('it has a character by its name');
    if (digits === undefined) return `\\${letter}`;
    const character = this.hexCharacter(digits);
    if (character === null) throw new PythonError(`it has the incomplete escape \\${letter}`);
    return character;
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
