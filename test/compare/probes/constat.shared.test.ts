import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { type ConStatForm, type ConStatRow, constatRows } from './constat.ts';

const { margin, 'minimum-gain': gain, 'transfer-fail': cut, 'transfer-warn': warn } = DEFAULT_POLICY['shadow-delta'];
const rows = constatRows().filter((row) => row.points('benchmark') > gain);
const contaminated = rows.filter(({ group }) => group === 'contaminated');
const tunes = rows.filter(({ group }) => group === 'tune');

/** The rule with accuracies in place of intervals: all that the tables have. */
const failsInPoints = (form: ConStatForm) => (row: ConStatRow) => {
  const [benchmark, twin] = [row.points('benchmark'), row.points(form)];
  return benchmark - twin > margin && twin / benchmark < cut;
};
const transfer = (form: ConStatForm) => (row: ConStatRow) => row.logOdds(form) / row.logOdds('benchmark');
const isBelowCut = (form: ConStatForm) => (row: ConStatRow) => transfer(form)(row) < cut;
const fails = (form: ConStatForm) => (row: ConStatRow) =>
  row.points('benchmark') - row.points(form) > margin && isBelowCut(form)(row);
const count = (all: readonly ConStatRow[], which: (row: ConStatRow) => boolean) => all.filter(which).length;
const of = (set: ConStatRow['set']) => contaminated.filter((row) => row.set === set);

describe('public results of contaminated models and of ordinary tunes (ConStat)', () => {
  it('43 contaminated models and 6 ordinary tunes gained more than 5 points', () => {
    expect([contaminated.length, tunes.length]).toEqual([43, 6]);
  });

  it('fresh twins catch all 43 contaminated models, and fail none of 6 ordinary tunes, of which points fail 3', () => {
    expect(count(contaminated, fails('fresh'))).toBe(43);
    expect(Math.max(...contaminated.map(transfer('fresh')))).toBeLessThan(0.04);
    expect(count(tunes, isBelowCut('fresh'))).toBe(0);
    expect(count(tunes, fails('fresh'))).toBe(0);
    expect(Math.min(...tunes.map(transfer('fresh')))).toBeGreaterThan(0.66);
    expect(count(tunes, failsInPoints('fresh'))).toBe(3);
  });

  it('format twins miss contamination of knowledge: 31 of 43 in points, none of 6 on MMLU', () => {
    expect(count(contaminated, failsInPoints('format'))).toBe(31);
    expect(count(of('mmlu'), failsInPoints('format'))).toBe(0);
    expect([of('arc'), of('gsm8k'), of('hellaswag')].map((all) => count(all, failsInPoints('format')))).toEqual([
      14, 10, 7,
    ]);
    // Log-odds do not cure that: 38 of 43, and 1 of 6.
    expect(count(contaminated, isBelowCut('format'))).toBe(38);
    expect(count(of('mmlu'), isBelowCut('format'))).toBe(1);
    expect(count(of('mmlu'), (row) => transfer('format')(row) < warn)).toBe(6);
    expect(count(tunes, isBelowCut('format'))).toBe(0);
  });

  it('a held-out half of the benchmark, as group twins, catches all 43 and fails no ordinary tune', () => {
    expect(count(contaminated, fails('group'))).toBe(43);
    expect(Math.max(...contaminated.map(transfer('group')))).toBeLessThan(0.53);
    expect(count(tunes, isBelowCut('group'))).toBe(0);
    expect(Math.min(...tunes.map(transfer('group')))).toBeGreaterThan(0.88);
  });

  it('another benchmark of the same skill is no twin: it fails ordinary tunes too', () => {
    expect(count(tunes, failsInPoints('sister'))).toBe(5);
    expect(count(tunes, isBelowCut('sister'))).toBe(6);
  });

  it('four further chat tunes stay above the cut', () => {
    const further = rows.filter(({ group }) => group === 'further tune');
    expect(further.length).toBe(4);
    for (const form of ['format', 'fresh', 'group'] as const) expect(count(further, isBelowCut(form))).toBe(0);
  });
});
