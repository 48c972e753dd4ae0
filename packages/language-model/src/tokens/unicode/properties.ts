import {
  type CodePoints,
  codePointSet,
  exclusive,
  intersect,
  invertCodePoints,
  NO_CODE_POINTS,
  uniteCodePoints,
} from './code-points.ts';
import { CATEGORY_LETTERS, CATEGORY_RUNS, SCRIPTS, UNICODE_DIFFERENCES } from './tables.ts';

// Sets of code points as in the parts of the Rust library, whatever Unicode the JavaScript engine knows.

const SURROGATES = codePointSet([0xd800, 0xdfff]);

const categories = once(() => {
  const runs = new Map<string, Array<readonly [number, number]>>();
  let next = 0;
  for (const [, letter = '', length = ''] of CATEGORY_RUNS.matchAll(/([A-Z!#%])([0-9a-z]+)/g)) {
    const name = CATEGORY_LETTERS[letter] ?? '';
    const end = next + Number.parseInt(length, 36);
    const list = runs.get(name) ?? [];
    list.push([next, end - 1]);
    runs.set(name, list);
    next = end;
  }
  return new Map([...runs].map(([name, list]) => [name, codePointSet(...list)]));
});

/** The code points of a general category (`Lu`), or of a group of them (`L`), in Oniguruma's Unicode. */
function category(name: string): CodePoints {
  return uniteCodePoints(...[...categories()].filter(([own]) => own.startsWith(name)).map(([, set]) => set));
}

const script = (name: string): CodePoints => unpack(SCRIPTS[name] ?? '');

/** Gaps and lengths of runs in base 36. */
function unpack(text: string): CodePoints {
  if (text === '') return NO_CODE_POINTS;
  const out: number[] = [];
  let next = 0;
  for (const [index, number] of text.split(',').entries()) {
    next += Number.parseInt(number, 36);
    out.push(index % 2 === 0 ? next : next - 1);
  }
  return out;
}

const ASCII_PUNCTUATION = codePointSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]);

export const whiteSpace = once(() =>
  codePointSet(
    [0x09, 0x0d],
    [0x20, 0x20],
    [0x85, 0x85],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
  ),
);

const alphabetic = once(() =>
  exclusive(uniteCodePoints(category('L'), category('Nl')), unpack(UNICODE_DIFFERENCES.alphabetic)),
);
const lowercase = once(() => exclusive(category('Ll'), unpack(UNICODE_DIFFERENCES.lowercase)));
const uppercase = once(() => exclusive(category('Lu'), unpack(UNICODE_DIFFERENCES.uppercase)));
const hexDigits = once(() => codePointSet([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]));

/** `[[:word:]]` and, within brackets, `\w` of Oniguruma. */
const wordInClass = once(() => uniteCodePoints(alphabetic(), category('M'), category('Nd'), category('Pc')));
/** `\w` of Oniguruma outside of brackets, which also has ²³¹¼½¾. */
export const wordAlone = once(() =>
  uniteCodePoints(wordInClass(), codePointSet([0xb2, 0xb3], [0xb9, 0xb9], [0xbc, 0xbe])),
);
/** `\w` of Rust's own regular expressions: with the two joiners. */
export const rustWord = once(() => uniteCodePoints(wordInClass(), codePointSet([0x200c, 0x200d])));
/** `char::is_numeric` of Rust. */
export const rustNumeric = once(() => exclusive(category('N'), unpack(UNICODE_DIFFERENCES.numeric)));
/** The pre-tokenizers' punctuation. */
export const rustPunctuation = once(() =>
  exclusive(uniteCodePoints(category('P'), ASCII_PUNCTUATION), unpack(UNICODE_DIFFERENCES.punctuation)),
);
/** Removed by StripAccents. */
export const combiningMark = once(() => exclusive(category('M'), unpack(UNICODE_DIFFERENCES.combiningMark)));
/** Removed as accents by BertNormalizer. */
export const nonspacingMark = once(() => exclusive(category('Mn'), unpack(UNICODE_DIFFERENCES.nonspacingMark)));
/** Removed as non-text by BertNormalizer. */
export const controlCharacter = once(() =>
  exclusive(uniteCodePoints(category('Cc'), category('Cf'), category('Co')), unpack(UNICODE_DIFFERENCES.control)),
);
/** Kept by the normal forms, because it is newer than their Unicode, or unassigned. */
export const notNormalized = once(() => exclusive(category('Cn'), unpack(UNICODE_DIFFERENCES.notNormalized)));
/** Unassigned in Oniguruma's Unicode, the second newest of all. */
export const unassigned = once(() => category('Cn'));

const CATEGORY_NAMES: Readonly<Record<string, string>> = {
  letter: 'L',
  uppercaseletter: 'Lu',
  lowercaseletter: 'Ll',
  titlecaseletter: 'Lt',
  modifierletter: 'Lm',
  otherletter: 'Lo',
  mark: 'M',
  combiningmark: 'M',
  nonspacingmark: 'Mn',
  spacingmark: 'Mc',
  enclosingmark: 'Me',
  number: 'N',
  decimalnumber: 'Nd',
  letternumber: 'Nl',
  othernumber: 'No',
  punctuation: 'P',
  connectorpunctuation: 'Pc',
  dashpunctuation: 'Pd',
  openpunctuation: 'Ps',
  closepunctuation: 'Pe',
  initialpunctuation: 'Pi',
  finalpunctuation: 'Pf',
  otherpunctuation: 'Po',
  symbol: 'S',
  mathsymbol: 'Sm',
  currencysymbol: 'Sc',
  modifiersymbol: 'Sk',
  othersymbol: 'So',
  separator: 'Z',
  spaceseparator: 'Zs',
  lineseparator: 'Zl',
  paragraphseparator: 'Zp',
};
const CATEGORY_CODES = new Set([...Object.values(CATEGORY_NAMES), 'Cc', 'Cf', 'Co', 'Cn']);

const DERIVED: Readonly<Record<string, () => CodePoints>> = {
  alnum: () => uniteCodePoints(alphabetic(), category('Nd')),
  alpha: alphabetic,
  alphabetic,
  any: () => invertCodePoints(NO_CODE_POINTS),
  ascii: () => codePointSet([0, 0x7f]),
  assigned: () => invertCodePoints(uniteCodePoints(category('Cn'), SURROGATES)),
  blank: () => uniteCodePoints(category('Zs'), codePointSet([9, 9])),
  cntrl: () => category('Cc'),
  digit: () => category('Nd'),
  lower: lowercase,
  lowercase,
  punct: () => uniteCodePoints(category('P'), category('S')),
  space: whiteSpace,
  upper: uppercase,
  uppercase,
  whitespace: whiteSpace,
  word: wordInClass,
  xdigit: hexDigits,
};

const POSIX = new Set('alnum alpha blank cntrl digit lower punct space upper word xdigit'.split(' '));

/** @returns null for an unknown name: Oniguruma has more */
export function property(name: string): CodePoints | null {
  const plain = name.replace(/[ _-]/g, '').toLowerCase();
  const code = CATEGORY_NAMES[plain] ?? [...CATEGORY_CODES].find((own) => own.toLowerCase() === plain);
  if (code !== undefined) return category(code);
  const derived = DERIVED[plain];
  if (derived) return derived();
  const known = Object.keys(SCRIPTS).find((own) => own.toLowerCase() === plain);
  return known === undefined ? null : script(known);
}

/** `[:name:]` */
export function posixClass(name: string): CodePoints | null {
  return POSIX.has(name) ? (DERIVED[name]?.() ?? null) : null;
}

/** `\d`, `\s` and so on, and their negations in upper case. */
export function shorthand(letter: string, { inClass }: { readonly inClass: boolean }): CodePoints | null {
  const positive = {
    d: () => category('Nd'),
    s: whiteSpace,
    w: inClass ? wordInClass : wordAlone,
    h: hexDigits,
  }[letter.toLowerCase()];
  if (!positive) return null;
  return letter === letter.toLowerCase() ? positive() : invertCodePoints(positive());
}

/** With the letters that `(?i:…)` matches for ASCII letters, including the long s and the Kelvin sign. */
export function foldAscii(set: CodePoints): CodePoints {
  const out: Array<readonly [number, number]> = [];
  const ascii = intersect(set, codePointSet([0, 0x7f]));
  for (let i = 0; i < ascii.length; i += 2) {
    for (let point = ascii[i] ?? 0; point <= (ascii[i + 1] ?? 0); point++) {
      const letter = String.fromCodePoint(point);
      for (const form of [letter, letter.toLowerCase(), letter.toUpperCase()]) {
        out.push([form.charCodeAt(0), form.charCodeAt(0)]);
      }
      if (letter.toLowerCase() === 's') out.push([0x17f, 0x17f]);
      if (letter.toLowerCase() === 'k') out.push([0x212a, 0x212a]);
    }
  }
  return uniteCodePoints(set, codePointSet(...out));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
