import { at, UserError } from '@shadow-gate/platform';
import { type Assertion, type PatternNode, parsePattern } from './parse-pattern.ts';

export interface NamePattern {
  /** @throws UserError when the patterns of this config have taken too many steps */
  matches(name: string): boolean;
}

/** PEFT's users write some hundred characters, Unsloth writes a thousand. */
const MAX_LENGTH = 4000;
const MAX_STATES = 5000;
/** Steps of all patterns of a config: some seconds. Real ones take thousands. */
const MAX_STEPS = 200_000_000;

/**
 * The regular expressions of one config, compiled once each. A stranger writes them, and JavaScript's own engine can
 * take exponential time, since it tries one way after another. Here all ways are followed at once (Thompson 1968,
 * Communications of the ACM 11(6)), in time proportional to the pattern times the name at most.
 */
export class NamePatterns {
  readonly #file: string;
  readonly #maxSteps: number;
  readonly #compiled = new Map<string, NamePattern>();
  #steps = 0;

  /** @param maxSteps of all patterns, with all names */
  constructor(file: string, maxSteps = MAX_STEPS) {
    this.#file = file;
    this.#maxSteps = maxSteps;
  }

  /** @param quoted its part in the config @throws UserError for a pattern that is too large or not supported */
  compile(source: string, quoted = source): NamePattern {
    const known = this.#compiled.get(source);
    if (known) return known;
    const node = source.length <= MAX_LENGTH ? parsePattern(source) : null;
    const program = node && compile(node);
    if (!program) {
      throw new UserError(
        `${this.#file}: ${JSON.stringify(quoted.slice(0, 80))} is not a supported pattern`,
        'restore the file, or write a simpler regular expression',
      );
    }
    const { states, start } = program;
    const step = () => this.#step();
    states.forEach(step);
    const pattern = {
      matches: (name: string) => new Run(states, [...name], step).accepts(start, { from: 0, isWhole: true }),
    };
    this.#compiled.set(source, pattern);
    return pattern;
  }

  /** Does a pattern match the name or its end after a dot? This is PEFT's `get_pattern_key`. */
  matchesEnd(source: string, name: string): boolean {
    if (/^[\w.]+$/.test(source)) {
      this.#step();
      return endsLike(name, source);
    }
    return this.compile(`(.*\\.)?(${source})`, source).matches(name);
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps <= this.#maxSteps) return;
    throw new UserError(
      `${this.#file}: matching its patterns with the names of the modules takes too long`,
      'write simpler regular expressions',
    );
  }
}

/** `matchesEnd` for a pattern of letters and dots, which stand for any character. */
function endsLike(name: string, pattern: string): boolean {
  const start = name.length - pattern.length;
  if (start < 0 || (start > 0 && name[start - 1] !== '.')) return false;
  return [...pattern].every((character, i) => character === '.' || character === name[start + i]);
}

/** `next`, `start` and `other` are the numbers of states. */
type State =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'assertion'; readonly holds: Assertion; readonly next: number }
  | { readonly kind: 'lookahead'; readonly start: number; readonly isNegated: boolean; readonly next: number }
  | { readonly kind: 'split'; next: number; readonly other: number }
  | { readonly kind: 'end' };

/** The state after a match. */
const END = 0;

/** @returns null for a pattern with too many states */
function compile(node: PatternNode) {
  const states: State[] = [{ kind: 'end' }];
  const start = build(node, END, states);
  return start === null ? null : { states, start };
}

/** Add the states of a node before the state `next`. @returns the first of them; null if they are too many */
function build(node: PatternNode, next: number, states: State[]): number | null {
  if (states.length > MAX_STATES) return null;
  if (node.kind === 'character') return states.push({ kind: 'character', accepts: node.accepts, next }) - 1;
  if (node.kind === 'assertion') return states.push({ kind: 'assertion', holds: node.holds, next }) - 1;
  if (node.kind === 'lookahead') {
    const start = build(node.node, END, states);
    return start === null ? null : states.push({ kind: 'lookahead', start, isNegated: node.isNegated, next }) - 1;
  }
  if (node.kind === 'sequence') {
    let first: number | null = next;
    for (const part of [...node.parts].reverse()) first = first === null ? null : build(part, first, states);
    return first;
  }
  if (node.kind === 'choice') {
    let first: number | null = null;
    for (const option of [...node.options].reverse()) {
      const start = build(option, next, states);
      if (start === null) return null;
      first = first === null ? start : states.push({ kind: 'split', next: start, other: first }) - 1;
    }
    return first;
  }
  return buildRepeat(node, next, states);
}

function buildRepeat(
  { node, min, max }: Extract<PatternNode, { kind: 'repeat' }>,
  next: number,
  states: State[],
): number | null {
  let first: number | null = next;
  if (max === Number.POSITIVE_INFINITY) {
    const loop: State & { kind: 'split' } = { kind: 'split', next, other: next };
    const index = states.push(loop) - 1;
    const body = build(node, index, states);
    if (body === null) return null;
    loop.next = body;
    first = index;
  } else {
    for (let i = min; i < max && first !== null; i += 1) {
      const body = build(node, first, states);
      first = body === null ? null : states.push({ kind: 'split', next: body, other: next }) - 1;
    }
  }
  for (let i = 0; i < min && first !== null; i += 1) first = build(node, first, states);
  return first;
}

class Run {
  readonly #states: readonly State[];
  readonly #characters: readonly string[];
  readonly #step: () => void;

  constructor(states: readonly State[], characters: readonly string[], step: () => void) {
    this.#states = states;
    this.#characters = characters;
    this.#step = step;
  }

  /** Is the end reached from this state and position, by the last character or anywhere? */
  accepts(start: number, { from, isWhole }: { readonly from: number; readonly isWhole: boolean }): boolean {
    const { length } = this.#characters;
    let reached: readonly number[] = [start];
    for (let position = from; position <= length && reached.length > 0; position += 1) {
      const active = this.#follow(reached, position);
      if (active.has(END) && (!isWhole || position === length)) return true;
      reached = this.#read(active, this.#characters[position] ?? '');
      this.#step();
    }
    return false;
  }

  #read(active: ReadonlySet<number>, character: string): number[] {
    const next = new Set<number>();
    for (const index of character === '' ? [] : active) {
      const state = at(this.#states, index);
      if (state.kind === 'character' && state.accepts(character)) next.add(state.next);
    }
    return [...next];
  }

  /** All states that are reached from these without reading a character. */
  #follow(from: readonly number[], position: number): Set<number> {
    const [before, after] = [this.#characters[position - 1] ?? '', this.#characters[position] ?? ''];
    const seen = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      this.#step();
      const state = at(this.#states, index);
      if (state.kind === 'split') open.push(state.next, state.other);
      else if (state.kind === 'assertion' && state.holds(before, after)) open.push(state.next);
      else if (state.kind === 'lookahead') {
        const isAhead = this.accepts(state.start, { from: position, isWhole: false });
        if (isAhead !== state.isNegated) open.push(state.next);
      }
    }
    return seen;
  }
}
