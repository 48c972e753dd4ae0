import {
  type CodePoints,
  codePointSet,
  intersect,
  invertCodePoints,
  NO_CODE_POINTS,
  uniteCodePoints,
} from '../unicode/code-points.ts';
import { foldAscii, posixClass, property, shorthand } from '../unicode/properties.ts';
import type { PatternReader } from './pattern-reader.ts';

/** The meaning of an escape: a set of code points, or a single one, which can begin a range. */
export type Escaped = { readonly set: CodePoints } | { readonly point: number };

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

/** Reads an escape after its backslash: a character, or a set of characters. */
export function readOnigurumaEscape(reader: PatternReader, { inClass }: { readonly inClass: boolean }): Escaped {
  const letter = reader.next();
  const control = CONTROLS[letter];
  if (control !== undefined) return { point: control };
  if (letter === 'p' || letter === 'P') return { set: readProperty(reader, letter === 'P') };
  if (letter === 'x' || letter === 'u') return { point: readHexadecimal(reader, letter) };
  const set = shorthand(letter, { inClass });
  if (set) return { set };
  if (/[A-Za-z0-9]/.test(letter)) reader.refuse(`\\${letter}`);
  return { point: letter.codePointAt(0) ?? 0 };
}

function readProperty(reader: PatternReader, outer: boolean): CodePoints {
  const [text, inverse = '', name = ''] = reader.match(/^\{(\^?)([^{}]*)\}/) ?? [];
  if (text === undefined) reader.refuse('\\p without braces');
  const set = property(name) ?? reader.refuse(`\\p{${name}}`);
  return outer === (inverse === '^') ? set : invertCodePoints(set);
}

function readHexadecimal(reader: PatternReader, letter: string): number {
  const pattern = letter === 'u' ? /^([0-9a-fA-F]{4})/ : /^(?:\{([0-9a-fA-F]{1,6})\}|([0-7][0-9a-fA-F]))/;
  const [text, braced, plain] = reader.match(pattern) ?? [];
  // There, \x80 and above are bytes of UTF-8.
  if (text === undefined) reader.refuse(`\\${letter} with another number`);
  return Number.parseInt(braced ?? plain ?? '', 16);
}

/** Reads a class after its opening bracket; `ignoreCase` closes it under ASCII case. */
export function readClass(reader: PatternReader, { ignoreCase }: { readonly ignoreCase: boolean }): CodePoints {
  const negated = reader.take('^');
  const operands: CodePoints[] = [];
  let set: CodePoints = NO_CODE_POINTS;
  let empty = true;
  /** The last single character, which can begin a range. */
  let last: number | null = null;
  const add = (more: CodePoints, point: number | null) => {
    set = uniteCodePoints(set, more);
    last = point;
    empty = false;
  };
  for (;;) {
    if (reader.done) reader.refuse('a class without its closing bracket');
    if (!empty && reader.take(']')) break;
    if (reader.take('&&')) {
      if (empty) reader.refuse('an empty operand of &&');
      operands.push(set);
      set = NO_CODE_POINTS;
      empty = true;
      last = null;
    } else if (reader.at('[:')) add(readPosix(reader), null);
    else if (reader.take('[')) add(readClass(reader, { ignoreCase }), null);
    else if (reader.at('-') && last !== null && !reader.at('-]') && !reader.at('-&&')) {
      reader.take('-');
      const first: number = last;
      const end = reader.take('\\') ? readOnigurumaEscape(reader, { inClass: true }) : literal(reader);
      if (!('point' in end) || end.point < first) reader.refuse('an invalid range');
      add(codePointSet([first, end.point]), null);
    } else if (reader.at('-') && !empty && last === null && !reader.at('-]') && !reader.at('-&&')) {
      reader.refuse('a hyphen behind a set');
    } else {
      const item = reader.take('\\') ? readOnigurumaEscape(reader, { inClass: true }) : literal(reader);
      if ('point' in item) add(codePointSet([item.point, item.point]), item.point);
      else add(item.set, null);
    }
  }
  if (operands.length > 0 && empty) reader.refuse('an empty operand of &&');
  const whole = [...operands, set].reduce((a, b) => intersect(a, b));
  const folded = ignoreCase ? withoutCase(reader, whole) : whole;
  return negated ? invertCodePoints(folded) : folded;
}

function literal(reader: PatternReader): { readonly point: number } {
  return { point: reader.next().codePointAt(0) ?? 0 };
}

function readPosix(reader: PatternReader): CodePoints {
  const [text, inverse = '', name = ''] = reader.match(/^\[:(\^?)([a-z]*):\]/) ?? [];
  if (text === undefined) reader.refuse('[: without :]');
  const set = posixClass(name) ?? reader.refuse(`[:${name}:]`);
  return inverse === '^' ? invertCodePoints(set) : set;
}

/** Beyond ASCII, some letters have multi-character forms: only sets without letters there can be closed under case. */
export function withoutCase(reader: PatternReader, set: CodePoints): CodePoints {
  const beyond = intersect(set, invertCodePoints(codePointSet([0, 0x7f])));
  if (intersect(beyond, cased()).length > 0) reader.refuse('letters beyond ASCII without regard to case');
  return foldAscii(set);
}

/** Includes unassigned code points, which may get a case. */
function cased(): CodePoints {
  const names = ['Lu', 'Ll', 'Lt', 'Uppercase', 'Lowercase', 'Cn'];
  // The iota subscript is a mark, but folds to a letter.
  return uniteCodePoints(...names.map((name) => property(name) ?? NO_CODE_POINTS), codePointSet([0x345, 0x345]));
}
