/** A regular expression as a tree. It only has to match: groups do not capture, and laziness is ignored. */
export type PatternNode =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'assertion'; readonly holds: Assertion }
  /** `(?=…)`, or negated `(?!…)`. */
  | { readonly kind: 'lookahead'; readonly node: PatternNode; readonly isNegated: boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number };

/** Between two characters; '' is before the first and after the last. */
export type Assertion = (before: string, after: string) => boolean;

const MAX_DEPTH = 100;
const MAX_REPETITIONS = 1000;

const isWord = (character: string) => /^[\p{L}\p{N}_]$/u.test(character);
const isDigit = (character: string) => /^\p{Nd}$/u.test(character);
const isSpace = (character: string) => /^\s$/.test(character);
const isBoundary: Assertion = (before, after) => isWord(before) !== isWord(after);
const isStart: Assertion = (before) => before === '';
const isEnd: Assertion = (_, after) => after === '';

const CLASSES: Readonly<Record<string, (character: string) => boolean>> = {
  d: isDigit,
  D: (character) => !isDigit(character),
  w: isWord,
  W: (character) => !isWord(character),
  s: isSpace,
  S: (character) => !isSpace(character),
};

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  b: isBoundary,
  B: (before, after) => !isBoundary(before, after),
  A: isStart,
  Z: isEnd,
};

/**
 * Parse alternatives, groups, repetition, classes, anchors, word boundaries and lookahead (Unsloth), as patterns for
 * names need them. Null for others (lookbehind, references, flags) and for mistakes.
 */
export function parsePattern(source: string): PatternNode | null {
  try {
    const parser = new Parser([...source]);
    const node = parser.choice(0);
    return parser.isDone ? node : null;
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

function hasEndless(node: PatternNode): boolean {
  if (node.kind === 'repeat') return node.max === Number.POSITIVE_INFINITY || hasEndless(node.node);
  if (node.kind === 'sequence') return node.parts.some(hasEndless);
  return node.kind === 'choice' && node.options.some(hasEndless);
}

class Unsupported extends Error {}

class Parser {
  readonly #characters: readonly string[];
  #next = 0;

  constructor(characters: readonly string[]) {
    this.#characters = characters;
  }

  get isDone(): boolean {
    return this.#next >= this.#characters.length;
  }

  choice(depth: number): PatternNode {
    if (depth > MAX_DEPTH) throw new Unsupported();
    const options = [this.#sequence(depth)];
    while (this.#take('|')) options.push(this.#sequence(depth));
    return options.length === 1 && options[0] ? options[0] : { kind: 'choice', options };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.isDone && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#repeated(depth));
    return { kind: 'sequence', parts };
  }

  #repeated(depth: number): PatternNode {
    const node = this.#atom(depth);
    const range = this.#quantifier();
    if (!range) return node;
    // Repetition inside repetition can take Python exponential time: programs that load the adapter would wait forever.
    const isNested = range.max === Number.POSITIVE_INFINITY && hasEndless(node);
    if (node.kind === 'assertion' || node.kind === 'lookahead' || isNested) throw new Unsupported();
    this.#take('?');
    if (['*', '+', '?', '{'].includes(this.#peek())) throw new Unsupported();
    return { kind: 'repeat', node, ...range };
  }

  #quantifier(): { min: number; max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return null;
    let text = '';
    while (!this.isDone && this.#peek() !== '}') text += this.#read();
    const match = /^(\d{1,4})(,(\d{0,4}))?$/.exec(text);
    if (!match || !this.#take('}')) throw new Unsupported();
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] ? Number(match[3]) : Number.POSITIVE_INFINITY;
    if (max < min || min > MAX_REPETITIONS || (Number.isFinite(max) && max > MAX_REPETITIONS)) throw new Unsupported();
    return { min, max };
  }

  #atom(depth: number): PatternNode {
    const character = this.#read();
    if (character === '(') return this.#group(depth);
    if (character === '[') return { kind: 'character', accepts: this.#class() };
    if (character === '.') return { kind: 'character', accepts: (other) => other !== '\n' };
    if (character === '^') return { kind: 'assertion', holds: isStart };
    if (character === '$') return { kind: 'assertion', holds: isEnd };
    if (character === '\\') return this.#escape();
    if ('*+?{}'.includes(character)) throw new Unsupported();
    return { kind: 'character', accepts: (other) => other === character };
  }

  #group(depth: number): PatternNode {
    if (this.#take('?')) {
      if (this.#take('=')) return { kind: 'lookahead', node: this.#inGroup(depth), isNegated: false };
      if (this.#take('!')) return { kind: 'lookahead', node: this.#inGroup(depth), isNegated: true };
      if (this.#take('P')) {
        this.#expect('<');
        while (isWord(this.#peek())) this.#read();
        this.#expect('>');
      } else this.#expect(':');
    }
    return this.#inGroup(depth);
  }

  #inGroup(depth: number): PatternNode {
    const node = this.choice(depth + 1);
    this.#expect(')');
    return node;
  }

  #escape(): PatternNode {
    const character = this.#read();
    const holds = Object.hasOwn(ASSERTIONS, character) ? ASSERTIONS[character] : undefined;
    if (holds) return { kind: 'assertion', holds };
    return { kind: 'character', accepts: this.#escaped(character) };
  }

  #escaped(character: string): (other: string) => boolean {
    const accepts = Object.hasOwn(CLASSES, character) ? CLASSES[character] : undefined;
    if (accepts) return accepts;
    if (isWord(character) && character !== '_') throw new Unsupported();
    return (other) => other === character;
  }

  #class(): (character: string) => boolean {
    const isNegated = this.#take('^');
    const members: Array<(character: string) => boolean> = [];
    // The first bracket is a member.
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const from = this.#read();
      if (from === '\\') {
        members.push(this.#escaped(this.#read()));
      } else if (this.#peek() === '-' && this.#characters[this.#next + 1] !== ']') {
        this.#read();
        const to = this.#read();
        if (to === '\\' || to < from) throw new Unsupported();
        members.push((character) => character >= from && character <= to);
      } else {
        members.push((character) => character === from);
      }
    }
    this.#read();
    return (character) => members.some((accepts) => accepts(character)) !== isNegated;
  }

  /** The next character; '' at the end. */
  #peek(): string {
    return this.#characters[this.#next] ?? '';
  }

  #read(): string {
    const character = this.#characters[this.#next];
    if (character === undefined) throw new Unsupported();
    this.#next += 1;
    return character;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new Unsupported();
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#next += 1;
    return true;
  }
}
