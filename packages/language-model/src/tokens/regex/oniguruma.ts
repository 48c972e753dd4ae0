import { type CodePoints, codePointSet, toClass } from '../unicode/code-points.ts';
import { wordAlone } from '../unicode/properties.ts';
import { type Escaped, readClass, readOnigurumaEscape, withoutCase } from './oniguruma-class.ts';
import { PatternReader } from './pattern-reader.ts';

/**
 * The regular expression of a tokenizer.json, which the Rust library gives to Oniguruma, for JavaScript. Character sets
 * are written out as code points, independent of Unicode's version and of JavaScript's meaning of `\s` and `\w`.
 * @throws Error that names what cannot be expressed exactly
 */
export function fromOniguruma(pattern: string): RegExp {
  return new RegExp(new Translator(pattern).translate(), 'gu');
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly inLookbehind: boolean;
}

/** A part of an expression, and whether it can match the empty string. */
interface Part {
  readonly source: string;
  readonly nullable: boolean;
  /** A lookaround or an anchor, which cannot be repeated. */
  readonly assertion?: boolean;
  /** The character, if it is a letter matched without regard to case. */
  readonly folded?: string;
}

const ANY = '[\\s\\S]';
// Without the flag m.
const START = '^';
const END = '$';
const EMPTY: Part = { source: '', nullable: true };

/** Pairs of letters that single characters fold to, such as ß and ﬁ. */
const FOLDED_PAIRS = new Set(['ss', 'ff', 'fi', 'fl', 'st']);

class Translator {
  readonly #reader: PatternReader;
  #atomics = 0;

  constructor(pattern: string) {
    this.#reader = new PatternReader(pattern);
  }

  translate(): string {
    const { source } = this.#alternatives({ ignoreCase: false, dotAll: false, inLookbehind: false });
    if (!this.#reader.done) this.#reader.refuse('a parenthesis too many');
    return source;
  }

  #alternatives(flags: Flags): Part {
    const parts = [this.#sequence(flags)];
    while (this.#reader.take('|')) parts.push(this.#sequence(flags));
    return { source: parts.map(({ source }) => source).join('|'), nullable: parts.some(({ nullable }) => nullable) };
  }

  #sequence(flags: Flags): Part {
    let source = '';
    let nullable = true;
    let previous = '';
    while (!this.#reader.done && !this.#reader.at('|') && !this.#reader.at(')')) {
      const atom = this.#atom(flags);
      const folded = atom.folded ?? '';
      if (FOLDED_PAIRS.has(previous + folded)) {
        this.#reader.refuse(`${previous}${folded} without regard to case`);
      }
      const part = this.#quantified(atom, flags);
      source += part.source;
      nullable &&= part.nullable;
      previous = folded;
    }
    return { source, nullable };
  }

  #quantified(atom: Part, flags: Flags): Part {
    const reader = this.#reader;
    const [braces, low = '', comma = '', high = ''] = reader.match(/^\{(?=,?\d)(\d*)(,?)(\d*)\}/) ?? [];
    const counted = braces !== undefined;
    const simple = counted ? undefined : reader.match(/^[?*+]/)?.[0];
    if (!counted && simple === undefined) return atom;
    if (atom.assertion || atom.source === '') reader.refuse('a quantifier without a part to repeat');
    const unbounded = counted ? comma !== '' && high === '' : simple !== '?';
    if (unbounded && atom.nullable) reader.refuse('a repeated part that can be empty');
    const body = `(?:${atom.source})`;
    const nullable = atom.nullable || simple === '?' || simple === '*' || (counted && Number(low) === 0);
    const quantifier = counted ? `{${low === '' ? '0' : low}${comma}${high}}` : simple;
    const lazy = reader.take('?');
    if (lazy && counted && comma === '') reader.refuse('{n}?');
    let source = `${body}${quantifier}${lazy ? '?' : ''}`;
    if (!lazy && reader.take('+')) {
      // After braces, + is not possessive, but another quantifier.
      if (counted && nullable) reader.refuse('a repeated part that can be empty');
      source = counted ? `(?:${source})+` : this.#atomic(source, flags);
    }
    if (reader.match(/^(?:[?*+]|\{(?=,?\d)\d*,?\d*\})/)) reader.refuse('a quantifier of a quantifier');
    return { source, nullable };
  }

  #atom(flags: Flags): Part {
    const reader = this.#reader;
    if (reader.take('(')) return this.#group(flags);
    if (reader.take('[')) return setPart(readClass(reader, flags));
    if (reader.take('.')) return { source: flags.dotAll ? ANY : '[^\\n]', nullable: false };
    // Not after a newline at the very end.
    if (reader.take('^')) return assertion(`(?:${START}|(?<=\\n)(?=${ANY}))`);
    if (reader.take('$')) return assertion(`(?=\\n|${END})`);
    if (reader.take('\\')) return this.#escape(flags);
    if (reader.match(/^[?*+]/)) reader.refuse('a quantifier without a part to repeat');
    return this.#character(reader.next().codePointAt(0) ?? 0, flags);
  }

  #escape(flags: Flags): Part {
    const reader = this.#reader;
    const [letter] = reader.match(/^[AzZbB]/) ?? [];
    const word = toClass(wordAlone());
    const edge = `(?<=${word})(?!${word})|(?<!${word})(?=${word})`;
    if (letter === 'A') return assertion(START);
    if (letter === 'z') return assertion(END);
    if (letter === 'Z') return assertion(`(?=\\n?${END})`);
    if (letter === 'b') return assertion(`(?:${edge})`);
    if (letter === 'B') return assertion(`(?!${edge})`);
    const escaped: Escaped = readOnigurumaEscape(reader, { inClass: false });
    if ('point' in escaped) return this.#character(escaped.point, flags);
    return setPart(flags.ignoreCase ? withoutCase(reader, escaped.set) : escaped.set);
  }

  #character(point: number, { ignoreCase }: Flags): Part {
    const only = codePointSet([point, point]);
    if (!ignoreCase) return setPart(only);
    if (point > 0x7f) this.#reader.refuse('characters beyond ASCII without regard to case');
    return { ...setPart(withoutCase(this.#reader, only)), folded: String.fromCodePoint(point).toLowerCase() };
  }

  #group(flags: Flags): Part {
    const reader = this.#reader;
    const [lookaround] = reader.match(/^\?<?[=!]/) ?? [];
    if (lookaround !== undefined) {
      const inLookbehind = flags.inLookbehind || lookaround.includes('<');
      const { source } = this.#closed({ ...flags, inLookbehind });
      return assertion(`(${lookaround}${source})`);
    }
    if (reader.take('?>')) {
      const part = this.#closed(flags);
      return { ...part, source: this.#atomic(part.source, flags) };
    }
    const [options, on, off, end] = reader.match(/^\?([im]*)(?:-([im]+))?([:)])/) ?? [];
    if (options === undefined) {
      if (reader.at('?') || reader.at('*')) reader.refuse(`the group (${reader.next()}${reader.next()}`);
      return grouped(this.#closed(flags));
    }
    const changed = {
      ...flags,
      ignoreCase: off?.includes('i') ? false : flags.ignoreCase || (on ?? '').includes('i'),
      dotAll: off?.includes('m') ? false : flags.dotAll || (on ?? '').includes('m'),
    };
    // (?i) applies to the rest of its group, alternatives included.
    return grouped(end === ':' ? this.#closed(changed) : this.#alternatives(changed));
  }

  /** Up to the closing parenthesis. */
  #closed(flags: Flags): Part {
    const part = this.#alternatives(flags);
    if (!this.#reader.take(')')) this.#reader.refuse('a group without its closing parenthesis');
    return part;
  }

  /** A lookahead's match is not retried. */
  #atomic(source: string, { inLookbehind }: Flags): string {
    if (inLookbehind) this.#reader.refuse('an atomic part in a lookbehind');
    this.#atomics++;
    return `(?=(?<a${this.#atomics}>${source}))\\k<a${this.#atomics}>`;
  }
}

function setPart(set: CodePoints): Part {
  return { source: toClass(set), nullable: false };
}

function assertion(source: string): Part {
  return { source, nullable: true, assertion: true };
}

function grouped(part: Part): Part {
  return part.source === '' ? EMPTY : { ...part, source: `(?:${part.source})` };
}
