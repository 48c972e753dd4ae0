import {
  addRationals,
  compareRationals,
  divideRationals,
  multiplyRationals,
  negateRational,
  parseDecimal,
  type Rational,
  subtractRationals,
  wholeRational,
} from '../arithmetic/rational.ts';
import type { Random } from '../random.ts';
import { NAMES } from '../words.ts';
import type { TemplateRange } from './template.ts';

export type NumberRange = Exclude<TemplateRange, { readonly kind: 'texts' }>;

const RANGE = /^(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)(?:\s+by\s+([\d.]+))?$/;
/** A wider range would only be a way to spend time. */
const MAX_COUNT = 1_000_000;

/** Reads `3..9`, `0.5..3 by 0.5` or `names`. @returns a problem as text */
export function readRange(given: string): TemplateRange | string {
  const text = given.trim();
  if (text === 'names') return { kind: 'texts', texts: NAMES };
  const [, first = '', last = '', by = '1'] = RANGE.exec(text) ?? [];
  const [from, to, step] = [parseRangeNumber(first), parseRangeNumber(last), parseRangeNumber(by)];
  if (!from || !to || !step) return 'must be a range like 3..9 or 10..50 by 5, a list, or `names`';
  if (step.numerator <= 0n) return 'has steps of 0';
  if (compareRationals(from, to) > 0) return 'ends before it begins';
  const steps = divideRationals(subtractRationals(to, from), step);
  const count = Number(steps.numerator / steps.denominator) + 1;
  return count > MAX_COUNT ? `has more than ${MAX_COUNT} numbers` : { kind: 'numbers', from, step, count };
}

/** @returns a problem as text */
export function readList(given: ReadonlyArray<string | number>): TemplateRange | string {
  if (new Set(given.map(String)).size < given.length) return 'has something twice';
  const numbers = given.flatMap((value) => (typeof value === 'number' ? (parseRangeNumber(String(value)) ?? []) : []));
  if (numbers.length === given.length) return { kind: 'list', numbers };
  const texts = given.flatMap((value) => (typeof value === 'string' ? value : []));
  return texts.length === given.length
    ? { kind: 'texts', texts }
    : 'mixes numbers and texts, or has a number like 1e30';
}

/** With a minus too; null for a number like 1e30. */
export function parseRangeNumber(text: string): Rational | null {
  const value = parseDecimal(text.replace(/^-/, ''));
  return value && text.startsWith('-') ? negateRational(value) : value;
}

export function drawNumber(range: NumberRange, random: Random): Rational {
  if (range.kind === 'list') return random.pick(range.numbers);
  return addRationals(range.from, multiplyRationals(range.step, wholeRational(random.int(0, range.count - 1))));
}

/** For templates of this program. @throws Error unless it is a range of numbers */
export function readNumberRange(given: string): NumberRange {
  const range = readRange(given);
  if (typeof range === 'string' || range.kind === 'texts') throw new Error(`${given} is no range of numbers`);
  return range;
}
