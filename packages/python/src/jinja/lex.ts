import { ESCAPES, HEX_DIGITS } from '../escapes.ts';
import { SPACE } from '../text.ts';
import { TemplateError } from './value.ts';

/** How an environment of Jinja treats white space around tags. */
export interface WhiteSpace {
  /** Drop the line end after a block or a comment. */
  readonly trimBlocks: boolean;
  /** Drop white space before a block or a comment that begins a line. */
  readonly lstripBlocks: boolean;
  /** Otherwise drop one line end at the end of the template. */
  readonly keepTrailingNewline: boolean;
}

export type Token =
  | { readonly kind: 'text' | 'name' | 'string' | 'operator'; readonly text: string; readonly line: number }
  | { readonly kind: 'integer' | 'float'; readonly text: string; readonly line: number }
  | { readonly kind: 'block-begin' | 'block-end' | 'variable-begin' | 'variable-end'; readonly line: number }
  | { readonly kind: 'end'; readonly line: number };

/** White space of a regular expression of Python, where JavaScript's `\s` differs. */
const S = `[${SPACE}]`;
const OPENINGS = new RegExp(String.raw`\{%([-+]?)${S}*raw${S}*(?:-%\}${S}*|%\})|\{([%{#])([-+]?)`, 'gu');
const SPACES = new RegExp(`${S}+`, 'uy');
const ONLY_SPACES = new RegExp(`^${S}+$`, 'u');
const TRAILING_SPACES = new RegExp(`${S}+$`, 'u');
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[-+]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{N}\p{M}\p{Pc}]+/uy;
const IDENTIFIER = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** The tokens of a template, as in Jinja 3.1. @throws TemplateError for anything else */
export function lex(source: string, space: WhiteSpace): Token[] {
  const lines = source.replace(/\r\n?/g, '\n');
  return new Lexer(space.keepTrailingNewline ? lines : lines.replace(/\n$/, ''), space).tokens();
}

class Lexer {
  readonly #source: string;
  readonly #space: WhiteSpace;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  /** Did the last match end a line? */
  #startsLine = true;

  constructor(source: string, space: WhiteSpace) {
    this.#source = source;
    this.#space = space;
  }

  tokens(): Token[] {
    while (this.#at < this.#source.length) this.#next();
    this.#tokens.push({ kind: 'end', line: this.#line });
    return this.#tokens;
  }

  #next(): void {
    OPENINGS.lastIndex = this.#at;
    const match = OPENINGS.exec(this.#source);
    if (match === null) {
      this.#text(this.#source.slice(this.#at));
      this.#advance(this.#source.length);
      return;
    }
    const [opening, rawSign, mark, sign = rawSign ?? ''] = match;
    this.#text(this.#before(this.#source.slice(this.#at, match.index), sign, mark === '{'));
    this.#advance(match.index + opening.length);
    if (mark === undefined) this.#raw();
    else if (mark === '#')
      this.#advance(this.#find(`\\+#\\}|-#\\}${S}*|#\\}${this.#suffix}`, 'a comment has no end').end);
    else this.#tag(mark === '{' ? 'variable' : 'block');
  }

  /** The text before a tag, without the white space that the tag drops. */
  #before(text: string, sign: string, isVariable: boolean): string {
    if (sign === '-') return text.replace(TRAILING_SPACES, '');
    if (sign === '+' || isVariable || !this.#space.lstripBlocks) return text;
    const start = text.lastIndexOf('\n') + 1;
    return (start > 0 || this.#startsLine) && ONLY_SPACES.test(text.slice(start)) ? text.slice(0, start) : text;
  }

  #raw(): void {
    const ends = `\\+%\\}|-%\\}${S}*|%\\}${this.#suffix}`;
    const { start, end, groups } = this.#find(`\\{%([-+]?)${S}*endraw${S}*(?:${ends})`, '{% raw %} has no end');
    this.#text(this.#before(this.#source.slice(this.#at, start), groups[0] ?? '', false));
    this.#advance(end);
  }

  #tag(kind: 'block' | 'variable'): void {
    this.#tokens.push({ kind: `${kind}-begin`, line: this.#line });
    const end = new RegExp(kind === 'block' ? `\\+%\\}|-%\\}${S}*|%\\}${this.#suffix}` : `-\\}\\}${S}*|\\}\\}`, 'uy');
    const open: string[] = [];
    while (this.#at < this.#source.length) {
      if (open.length === 0 && this.#match(end) !== null) {
        this.#tokens.push({ kind: `${kind}-end`, line: this.#line });
        return;
      }
      this.#token(open);
    }
    throw new TemplateError(`line ${this.#line}: the template ends within a tag`);
  }

  #token(open: string[]): void {
    if (this.#match(SPACES) !== null) return;
    const line = this.#line;
    const token = this.#value(line);
    if (token === null) this.#operator(open, line);
    else this.#tokens.push(token);
  }

  /** A number, name or text; null if something else comes next. */
  #value(line: number): Token | null {
    const float = this.#source[this.#at - 1] === '.' ? null : this.#match(FLOAT);
    if (float !== null) return { kind: 'float', text: float, line };
    const integer = this.#match(INTEGER);
    if (integer !== null) return { kind: 'integer', text: integer, line };
    const name = this.#match(NAME);
    if (name !== null && !IDENTIFIER.test(name)) throw new TemplateError(`line ${line}: ${name} is no name`);
    if (name !== null) return { kind: 'name', text: name, line };
    const string = this.#match(STRING);
    return string === null ? null : { kind: 'string', text: unescaped(string.slice(1, -1), line), line };
  }

  #operator(open: string[], line: number): void {
    const text = this.#match(OPERATOR);
    if (text === null)
      throw new TemplateError(`line ${line}: unexpected ${JSON.stringify(this.#source.charAt(this.#at))}`);
    if (text === '(' || text === '[' || text === '{') open.push(text);
    const opening = CLOSING[text];
    if (opening !== undefined && open.pop() !== opening) throw new TemplateError(`line ${line}: unexpected ${text}`);
    this.#tokens.push({ kind: 'operator', text, line });
  }

  #text(text: string): void {
    if (text !== '') this.#tokens.push({ kind: 'text', text, line: this.#line });
  }

  get #suffix(): string {
    return this.#space.trimBlocks ? '\\n?' : '';
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text === undefined || text === '') return null;
    this.#advance(this.#at + text.length);
    return text;
  }

  #find(pattern: string, problem: string): { start: number; end: number; groups: (string | undefined)[] } {
    const regex = new RegExp(pattern, 'gu');
    regex.lastIndex = this.#at;
    const match = regex.exec(this.#source);
    if (match === null) throw new TemplateError(`line ${this.#line}: ${problem}`);
    return { start: match.index, end: match.index + match[0].length, groups: match.slice(1) };
  }

  #advance(to: number): void {
    for (let i = this.#at; i < to; i++) if (this.#source[i] === '\n') this.#line += 1;
    if (to > this.#at) this.#startsLine = this.#source[to - 1] === '\n';
    this.#at = to;
  }
}

/** Python's `unicode-escape`: a backslash before any other character stays. */
function unescaped(text: string, line: number): string {
  return text.replace(/\\(?:([0-7]{1,3})|([xuU])([\da-fA-F]{0,8})|([\s\S]))/g, (_, octal, letter, hex, other) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (other !== undefined) {
      if (other === 'N') throw new TemplateError(`line ${line}: characters by their names are not read`);
      return ESCAPES[other] ?? `\\${other}`;
    }
    const length = HEX_DIGITS[letter] ?? 0;
    const code = hex.length >= length ? Number.parseInt(hex.slice(0, length), 16) : Number.NaN;
    if (!(code <= 0x10_ff_ff)) throw new TemplateError(`line ${line}: the incomplete escape \\${letter}`);
    return String.fromCodePoint(code) + hex.slice(length);
  });
}
