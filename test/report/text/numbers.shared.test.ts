import { expect, it } from 'vitest';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatEstimate,
  formatNumber,
  formatPair,
  formatPercent,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
  formatRelative,
} from '../../../src/report/text/numbers.ts';

it.each([
  [0.6904284364, '0.690'],
  [0.63527642, '0.635'],
  [12.3456, '12.3'],
  [999.7, '1,000'],
  [1834.2, '1,834'],
  [96, '96'],
  [0, '0'],
  [0.0000123, '1.23e−5'],
  [1234567.8, '1.23e+6'],
  [-0.25, '−0.250'],
  [null, '—'],
  [undefined, '—'],
])('the number %s reads %s', (x, text) => expect(formatNumber(x)).toBe(text));

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s is never shown to anybody', (x) => {
  const numbers = [
    formatNumber,
    formatRelative,
    formatPercent,
    formatPointsChange,
    formatPointsLimit,
    formatDifference,
  ];
  for (const format of [...numbers, formatPercentLimit, formatDuration, formatEstimate]) {
    expect(() => format(x)).toThrow('is not a number to show');
  }
  expect(() => formatPair(x, 1)).toThrow('is not a number to show');
});

it.each([
  [0.0867, '+8.7%'],
  [-0.57, '−57.0%'],
  [1.311, '+131%'],
  [0.9996, '+100%'],
  [0.0003, '+0.03%'],
  [0, '0%'],
  [null, ''],
])('a relative change of %s reads %s', (x, text) => expect(formatRelative(x)).toBe(text));

it('a difference always shows its direction', () => {
  expect([0.0551, -0.0551, 0, null].map(formatDifference)).toEqual(['+0.0551', '−0.0551', '0', '—']);
});

it('a limit reads as it is written in the policy, without binary noise', () => {
  expect([0.07, 0.08, 0.1, 0.125].map(formatPercentLimit)).toEqual(['7%', '8%', '10%', '12.5%']);
  expect([0.02, 0.05, 0.01].map(formatPointsLimit)).toEqual(['2\u00a0points', '5\u00a0points', '1\u00a0point']);
});

it('counts have the right plural and thousands separators, and durations a readable unit', () => {
  expect(formatCount(1, 'matrix', 'matrices')).toBe('1 matrix');
  expect(formatCount(1200, 'matrix', 'matrices')).toBe('1,200 matrices');
  expect([3.21, 42.4, 185].map(formatDuration)).toEqual(['3.2 s', '42 s', '3 min 5 s']);
  expect([0.1, 0.09, 0.001, 0].map(formatDuration)).toEqual(['0.1 s', ...Array(3).fill('less than 0.1 s')]);
  expect([3.21, 0.001].map(formatEstimate)).toEqual(['about 3.2 s', 'less than 0.1 s']);
});

it('accuracies are in % and their changes in points', () => {
  expect([0.869, 1, 0].map(formatPercent)).toEqual(['86.9%', '100.0%', '0.0%']);
  expect([-0.419, 0.023, 0.0001].map(formatPointsChange)).toEqual([
    '−41.9\u00a0points',
    '+2.3\u00a0points',
    '0.0\u00a0points',
  ]);
});

it('two different numbers never look alike side by side', () => {
  expect(formatPair(0.635, 0.69)).toEqual(['0.635', '0.690']);
  expect(formatPair(0.21004, 0.21001)).toEqual(['0.21004', '0.21001']);
  expect(formatPair(5, 5)).toEqual(['5', '5']);
});
