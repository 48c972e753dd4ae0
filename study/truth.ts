// The class of an adapter by what truth.py measured, with the cuts of HYPOTHESES.md.
import { at } from '@shadow-gate/platform';
import { exactMcNemar } from '../src/statistics/mcnemar.ts';
import type { Truth } from './results.ts';

const ALPHA = 0.01;
const KNOWS_FROM = 0.2;
const MEMORIZED_FROM = 0.1;
/** Less than this part of the exam's gain in open questions is no knowledge. */
const MEMORIZED_SHARE = 1 / 3;

/** @param bits one character an item: 1 if right */
export function share(bits: string): number {
  return [...bits].filter((bit) => bit === '1').length / bits.length;
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Items that became right and that became wrong. */
function compared(now: string, before: string): { readonly won: number; readonly lost: number } {
  if (now.length !== before.length) throw new Error('outcomes of different items');
  const pairs = [...now].map((bit, index) => `${before[index]}${bit}`);
  return { won: pairs.filter((pair) => pair === '01').length, lost: pairs.filter((pair) => pair === '10').length };
}

type TruthClass = 'knows' | 'memorized' | 'worse' | 'unchanged';

export function classOf(truth: Truth, base: Truth): TruthClass {
  const rose = (now: string, before: string) => {
    const { won, lost } = compared(now, before);
    return exactMcNemar({ lost: won, won: lost }) < ALPHA;
  };
  const fell = (now: string, before: string) => exactMcNemar(compared(now, before)) < ALPHA;
  const exam = share(truth.exam) - share(base.exam);
  const open = mean(truth.open.map(share)) - mean(base.open.map(share));
  if (open >= KNOWS_FROM && truth.open.every((one, index) => rose(one, at(base.open, index)))) return 'knows';
  if (exam >= MEMORIZED_FROM && rose(truth.exam, base.exam) && open < exam * MEMORIZED_SHARE) return 'memorized';
  if (truth.open.filter((one, index) => fell(one, at(base.open, index))).length >= 2) return 'worse';
  return 'unchanged';
}

/** A whole percentage, as the share of 100 items is. */
export function percent(part: number, round = Math.round): string {
  return `${round(part * 100)}%`;
}

export function signed(value: number, digits: number, unit = ''): string {
  const text = Math.abs(value).toFixed(digits);
  return `${Number(text) === 0 ? '' : value < 0 ? '−' : '+'}${text}${unit}`;
}
