import { type Character, classSource, escapeLiteral, readRegexEscape, wordMembers } from './regex-characters.ts';
import { capturesIn, isNullable, type ParsedRegex, type RegexNode, RegexProblem, regexWidth } from './regex-syntax.ts';

type Flags = Readonly<Record<'ignoreCase' | 'multiline' | 'dotAll' | 'verbose' | 'ascii', boolean>>;

/** Patterns of tasks nest three levels. A regular expression that exhausts the stack ends the process. */
const DEEPEST = 100;
const NO_FLAGS: Flags = { ignoreCase: false, multiline: false, dotAll: false, verbose: false, ascii: false };
const FLAG_NAMES: Readonly<Record<string, keyof Flags>> = {
  i: 'ignoreCase',
  m: 'multiline',
  s: 'dotAll',
  x: 'verbose',
  a: 'ascii',
};
const GLOBAL_FLAGS = /^\(\?([aiLmsux]+)\)/;
const SCOPED_FLAGS = /^\(\?([aiLmsux]*)(?:-([imsx]+))?:/;
const NAMED = /^\(\?P<([\p{L}_][\p{L}\p{N}_]*)>/u;
const NAMED_REFERENCE = /^\(\?P=([\p{L}_][\p{L}\p{N}_]*)\)/u;
const LOOK = /^\(\?(<?)([=!])/;
const QUANTIFIER = /^(?:[*+?]|\{(\d*)(,?)(\d*)\})/;
const IGNORED = /^(?:[ \t\n\r\v\f]|#[^\n]*)+/;
const COMMENT = /^\(\?#[^)]*\)/;

/** Parses Python's `re` (3.11). @throws RegexProblem if it is not valid, or has a part without an equivalent */
export function parseRegex(pattern: string): ParsedRegex {
  return new Parser(pattern).parse();
}

class Parser {
  readonly #pattern: string;
  readonly #names = new Map<string, number>();
  /** Groups with backreferences. */
  readonly #references: number[] = [];
  readonly #open = new Set<number>();
  #at = 0;
  #groups = 0;
  #depth = 0;
  #ignoreCase = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): ParsedRegex {
    const [all = '', letters = ''] = GLOBAL_FLAGS.exec(this.#pattern) ?? [];
    this.#at = all.length;
    const flags = withFlags(NO_FLAGS, letters, true);
    this.#ignoreCase = flags.ignoreCase;
    const tree = this.#alternation(flags);
    if (this.#at < this.#pattern.length) throw new RegexProblem('has a ")" without a "("');
    const set = capturesIn(tree, { always: true });
    const unset = this.#references.find((index) => !set.includes(index));
    if (unset !== undefined) throw new RegexProblem(`refers to group ${unset}, which may be without a match`);
    return { tree, ignoreCase: this.#ignoreCase, groups: this.#groups, names: this.#names };
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  #alternation(flags: Flags): RegexNode {
    const options = [this.#sequence(flags)];
    while (this.#pattern[this.#at] === '|') {
      this.#at += 1;
      options.push(this.#sequence(flags));
    }
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { type: 'alternation', options };
  }

  #sequence(flags: Flags): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      if (flags.verbose) this.#skip(IGNORED);
      if (this.#skip(COMMENT)) continue;
      const next = this.#pattern[this.#at];
      if (next === undefined || next === '|' || next === ')') return { type: 'sequence', items };
      const item = this.#item(flags);
      items.push(this.#repeated(item, flags));
    }
  }

  #skip(what: RegExp): boolean {
    const length = what.exec(this.#rest)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #repeated(item: RegexNode, flags: Flags): RegexNode {
    if (flags.verbose) this.#skip(IGNORED);
    const quantifier = this.#quantifier();
    if (quantifier === null) return item;
    const repeat: RegexNode = { type: 'repeat', ...quantifier, body: item };
    if (this.#quantifier() !== null) throw new RegexProblem('repeats a repetition');
    checkRepeat(repeat);
    return repeat;
  }

  #quantifier(): { readonly min: number; readonly max: number; readonly lazy: boolean } | null {
    const match = QUANTIFIER.exec(this.#rest);
    if (match === null) return null;
    const [text, low = '', comma = '', high = ''] = match;
    // `{}` is text; `{,}` is "any number".
    if (text === '{}') return null;
    this.#at += text.length;
    const sign = this.#pattern[this.#at];
    if (sign === '+') throw new RegexProblem('has a possessive quantifier');
    if (sign === '?') this.#at += 1;
    const lazy = sign === '?';
    if (text === '*') return { min: 0, max: Number.POSITIVE_INFINITY, lazy };
    if (text === '+') return { min: 1, max: Number.POSITIVE_INFINITY, lazy };
    if (text === '?') return { min: 0, max: 1, lazy };
    const min = Number(low);
    const max = comma === '' ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (max < min) throw new RegexProblem(`repeats at least ${min} and at most ${max} times`);
    return { min, max, lazy };
  }

  #item(flags: Flags): RegexNode {
    const [character = ''] = this.#rest;
    if (character === '(') return this.#group(flags);
    if (QUANTIFIER.test(this.#rest) && !this.#rest.startsWith('{}')) throw new RegexProblem('repeats nothing');
    if (character === '[') return this.#class(flags);
    if (character === '\\') return this.#escape(flags);
    this.#at += character.length;
    if (character === '.') return { type: 'character', source: flags.dotAll ? '[^]' : String.raw`[^\n]` };
    if (character === '^') return { type: 'place', source: flags.multiline ? String.raw`(?<=^|\n)` : '^' };
    if (character === '$') {
      return { type: 'place', source: flags.multiline ? String.raw`(?=\n|$)` : String.raw`(?=\n?$)` };
    }
    return { type: 'character', source: literalSource(character, this.#ignoreCase) };
  }

  #escape({ ascii }: Flags): RegexNode {
    this.#at += 1;
    const read = readRegexEscape(this.#rest, { ascii, inClass: false });
    if (read !== null) {
      this.#at += read.length;
      const { character } = read;
      const source =
        character.type === 'literal' ? literalSource(character.text, this.#ignoreCase) : classSource(character);
      return { type: 'character', source };
    }
    const number = /^\d{1,2}/.exec(this.#rest)?.[0];
    if (number !== undefined) return this.#backreference(Number(number), number.length);
    const [letter = ''] = this.#rest;
    this.#at += 1;
    if (letter === 'A') return { type: 'place', source: '^' };
    if (letter === 'Z') return { type: 'place', source: '$' };
    const word = `[${wordMembers(ascii)}]`;
    const other = `[^${wordMembers(ascii)}]`;
    const border = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    // \B needs a character on one side (before Python 3.14).
    const inside = `(?:(?<=${word})(?=${word})|(?<=${other})(?!${word})|(?<!${word})(?=${other}))`;
    return { type: 'place', source: letter === 'b' ? border : inside };
  }

  #backreference(index: number, length: number): RegexNode {
    if (index > this.#groups || this.#open.has(index))
      throw new RegexProblem(`refers to group ${index}, which does not end before it`);
    this.#at += length;
    this.#references.push(index);
    return { type: 'backreference', index };
  }

  #class({ ascii }: Flags): RegexNode {
    this.#at += 1;
    const negated = this.#pattern[this.#at] === '^';
    if (negated) this.#at += 1;
    const members: string[] = [];
    const others: string[] = [];
    for (let first = true; first || this.#pattern[this.#at] !== ']'; first = false) {
      const low = this.#member(ascii);
      const isRange = this.#pattern[this.#at] === '-' && !/^-(?:\]|$)/.test(this.#rest);
      if (!isRange) {
        if (low.type === 'literal') members.push(memberSource(low.text, low.text, this.#ignoreCase));
        else if (low.negated) others.push(classSource(low));
        else members.push(low.members);
        continue;
      }
      this.#at += 1;
      const high = this.#member(ascii);
      if (
        low.type !== 'literal' ||
        high.type !== 'literal' ||
        (low.text.codePointAt(0) ?? 0) > (high.text.codePointAt(0) ?? 0)
      ) {
        throw new RegexProblem('has a range in [ ] from a higher to a lower character, or of classes');
      }
      members.push(memberSource(low.text, high.text, this.#ignoreCase));
    }
    this.#at += 1;
    if (others.length === 0) return { type: 'character', source: classSource({ members: members.join(''), negated }) };
    const union = [...(members.length > 0 ? [`[${members.join('')}]`] : []), ...others].join('|');
    return { type: 'character', source: negated ? `(?:(?!${union})[^])` : `(?:${union})` };
  }

  #member(ascii: boolean): Character {
    const [character = ''] = this.#rest;
    if (character === '') throw new RegexProblem('has a "[" without a "]"');
    this.#at += character.length;
    if (character !== '\\') return { type: 'literal', text: character };
    const read = readRegexEscape(this.#rest, { ascii, inClass: true });
    if (read === null) throw new RegexProblem('has an escape in [ ] that stands for no character');
    this.#at += read.length;
    return read.character;
  }

  #group(flags: Flags): RegexNode {
    const rest = this.#rest;
    const reference = NAMED_REFERENCE.exec(rest);
    if (reference !== null) {
      const [text, name = ''] = reference;
      const index = this.#names.get(name);
      if (index === undefined) throw new RegexProblem(`refers to a group "${name}", which is not before it`);
      return this.#backreference(index, text.length);
    }
    const look = LOOK.exec(rest);
    if (look !== null) return this.#look(look[0], look[1] === '<', look[2] === '!', flags);
    const scoped = SCOPED_FLAGS.exec(rest);
    if (scoped !== null) {
      const [text, on = '', off = ''] = scoped;
      const inner = withFlags(withFlags(flags, on, true), off, false);
      if (inner.ignoreCase !== flags.ignoreCase) throw new RegexProblem('ignores the case in a part only');
      return { type: 'group', index: null, body: this.#inside(text, inner) };
    }
    const named = NAMED.exec(rest);
    if (named === null && rest.startsWith('(?')) throw new RegexProblem(`has the group ${unreadGroup(rest)}`);
    this.#groups += 1;
    const index = this.#groups;
    if (index > 99) throw new RegexProblem('has more than 99 groups');
    const name = named?.[1];
    if (name !== undefined) {
      if (this.#names.has(name)) throw new RegexProblem(`has two groups "${name}"`);
      this.#names.set(name, index);
    }
    this.#open.add(index);
    const body = this.#inside(named?.[0] ?? '(', flags);
    this.#open.delete(index);
    return { type: 'group', index, body };
  }

  #look(text: string, behind: boolean, negative: boolean, flags: Flags): RegexNode {
    const body = this.#inside(text, flags);
    if (behind && regexWidth(body) === null) throw new RegexProblem('looks behind for a text of no fixed length');
    // JavaScript matches it from its end to its start.
    if (behind && capturesIn(body, { always: false }).length > 0)
      throw new RegexProblem('has a group in what it looks behind for');
    return { type: 'look', behind, negative, body };
  }

  #inside(start: string, flags: Flags): RegexNode {
    this.#at += start.length;
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new RegexProblem(`nests more than ${DEEPEST} groups`);
    const body = this.#alternation(flags);
    this.#depth -= 1;
    if (this.#pattern[this.#at] !== ')') throw new RegexProblem('has a "(" without a ")"');
    this.#at += 1;
    return body;
  }
}

function unreadGroup(rest: string): string {
  if (rest.startsWith('(?>')) return '"(?>", which is atomic';
  if (rest.startsWith('(?(')) return '"(?(", which is a condition';
  if (GLOBAL_FLAGS.test(rest))
    return `${JSON.stringify(GLOBAL_FLAGS.exec(rest)?.[0])}, flags that are not at the start`;
  return `${JSON.stringify(rest.slice(0, 4))}, which is not known`;
}

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  if (letters.includes('L')) throw new RegexProblem('has the flag L, which is not for text');
  const named = [...letters].flatMap((letter) => FLAG_NAMES[letter] ?? []);
  return { ...flags, ...Object.fromEntries(named.map((name) => [name, value])) };
}

/**
 * In each round, JavaScript clears the groups of the last one, and it drops an empty round; Python does neither. They
 * agree if every round sets every group and matches something.
 */
function checkRepeat({ max, body }: RegexNode & { readonly type: 'repeat' }): void {
  const captures = capturesIn(body, { always: false });
  if (max <= 1 || captures.length === 0) return;
  const set = capturesIn(body, { always: true });
  if (isNullable(body) || captures.some((index) => !set.includes(index))) {
    throw new RegexProblem('repeats a part with a group that may be empty or without a match');
  }
}

/** In Python, the Turkish letters with and without a dot are other cases of i; in JavaScript they are not. */
const DOTTED = 'iIıİ';

function literalSource(text: string, ignoreCase: boolean): string {
  return ignoreCase && DOTTED.includes(text) ? `[${DOTTED}]` : escapeLiteral(text);
}

function memberSource(low: string, high: string, ignoreCase: boolean): string {
  const source = low === high ? escapeLiteral(low) : `${escapeLiteral(low)}-${escapeLiteral(high)}`;
  const hasDotted = [...DOTTED].some((letter) => low <= letter && letter <= high);
  return ignoreCase && hasDotted ? `${source}${DOTTED}` : source;
}
