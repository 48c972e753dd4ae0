import { UserError } from '@shadow-gate/platform';
import { parseRegex } from './parse-regex.ts';
import { type RegexNode, RegexProblem } from './regex-syntax.ts';

/**
 * A regular expression of Python's `re` (3.11), rewritten for JavaScript with the same matches: `\w`, `\d`, `\s`, `\b`
 * by Unicode, `.`, `^` and `$` around line ends, inline flags, named groups. Refused, since they have no equivalent:
 * possessive quantifiers, atomic groups, conditions, groups with their own case rules, and groups in a repetition that
 * a round may skip.
 */
export interface PythonRegex {
  readonly pattern: string;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  /** All matches, like `re.finditer`: an empty one can directly follow another. */
  readonly findMatches: (text: string) => RegexMatch[];
}

export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** From group 1; undefined without a match. */
  readonly groups: readonly (string | undefined)[];
}

/** Each pattern is compiled once, not for each document. */
const KNOWN = new Map<string, PythonRegex>();
const MOST_KNOWN = 500;
const LONGEST_QUOTE = 200;

/** `re.compile(pattern)`. @throws UserError if Python does not accept it, or JavaScript has no equivalent of a part */
export function compileRegex(pattern: string): PythonRegex {
  const known = KNOWN.get(pattern);
  if (known !== undefined) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const regex = compile(pattern);
  KNOWN.set(pattern, regex);
  return regex;
}

function compile(pattern: string): PythonRegex {
  try {
    const { tree, ignoreCase, groups, names } = parseRegex(pattern);
    const flags = ignoreCase ? 'giu' : 'gu';
    const usual = new RegExp(toSource(tree, 0), flags);
    // After an empty match, the next one at the same place must not be empty: the rest of the text has to change.
    const advancing = new RegExp(`(?=([^]*))(?:${toSource(tree, 1)})(?!\\1$)`, `${flags.slice(1)}y`);
    return { pattern, groups, names, findMatches: (text) => findMatches(text, usual, advancing) };
  } catch (error) {
    if (!(error instanceof RegexProblem || error instanceof SyntaxError)) throw error;
    throw new UserError(
      `the regular expression ${JSON.stringify(pattern.slice(0, LONGEST_QUOTE))} ${error instanceof RegexProblem ? error.message : 'cannot be written for JavaScript'}`,
      'write it as Python 3.11 reads it, without that part',
    );
  }
}

function findMatches(text: string, usual: RegExp, advancing: RegExp): RegexMatch[] {
  const matches: RegexMatch[] = [];
  let start = 0;
  let wasEmpty = false;
  while (start <= text.length) {
    const match: RegexMatch | null =
      (wasEmpty ? execAt(advancing, text, start, 1) : null) ??
      execAt(usual, text, wasEmpty ? next(text, start) : start, 0);
    if (match === null) break;
    matches.push(match);
    start = match.end;
    wasEmpty = match.end === match.start;
  }
  return matches;
}

function execAt(regex: RegExp, text: string, start: number, ownGroups: number): RegexMatch | null {
  if (start > text.length) return null;
  regex.lastIndex = start;
  const match = regex.exec(text);
  if (match === null) return null;
  // V8 also starts matches within surrogate pairs.
  if (isWithinPair(text, match.index)) return regex.sticky ? null : execAt(regex, text, match.index + 1, ownGroups);
  const [all, ...groups] = match;
  return { start: match.index, end: match.index + all.length, text: all, groups: groups.slice(ownGroups) };
}

const isWithinPair = (text: string, index: number): boolean =>
  index > 0 && (text.codePointAt(index - 1) ?? 0) > 0xff_ff;
const next = (text: string, index: number): number => index + ((text.codePointAt(index) ?? 0) > 0xff_ff ? 2 : 1);

/** @param shift number of groups in front of those of the pattern */
function toSource(node: RegexNode, shift: number): string {
  switch (node.type) {
    case 'character':
    case 'place':
      return node.source;
    case 'backreference':
      return `(?:\\${node.index + shift})`;
    case 'group':
      return `(${node.index === null ? '?:' : ''}${toSource(node.body, shift)})`;
    case 'look':
      return `(?${node.behind ? '<' : ''}${node.negative ? '!' : '='}${toSource(node.body, shift)})`;
    case 'sequence':
      return node.items.map((item) => toSource(item, shift)).join('');
    case 'alternation':
      return node.options.map((option) => toSource(option, shift)).join('|');
    case 'repeat': {
      const { min, max, lazy } = node;
      const times = max === Number.POSITIVE_INFINITY ? `{${min},}` : `{${min},${max}}`;
      return `(?:${toSource(node.body, shift)})${times}${lazy ? '?' : ''}`;
    }
  }
}

/** `re.findall`: the whole match, or its group, or all of its groups; a group without a match is empty. */
export function findAll(regex: PythonRegex, text: string): (string | string[])[] {
  return regex.findMatches(text).map(({ text: all, groups }) => {
    const texts = groups.map((group) => group ?? '');
    const [only] = texts;
    if (only === undefined) return all;
    return texts.length === 1 ? only : texts;
  });
}

/** `re.sub(pattern, '', text)`. */
export const removeAll = (regex: PythonRegex, text: string): string => replaceAll(regex, text, () => '');

/** `re.sub(pattern, replacement, text, count)`. @param count 0: every match */
export function replaceAll(
  regex: PythonRegex,
  text: string,
  replacement: (match: RegexMatch) => string,
  count = 0,
): string {
  const matches = regex.findMatches(text);
  let from = 0;
  let result = '';
  for (const match of count > 0 ? matches.slice(0, count) : matches) {
    result += text.slice(from, match.start) + replacement(match);
    from = match.end;
  }
  return result + text.slice(from);
}

/** `re.escape` (3.7 and later). */
export const escapeRegex = (text: string): string => text.replace(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, '\\$&');
