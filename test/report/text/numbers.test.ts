import { expect, it } from 'vitest';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatNumber,
  formatRelative,
  formatRelativeLimit,
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
])('%s reads %s', (x, text) => expect(formatNumber(x)).toBe(text));

it.each([
  [0.0867, '+8.7\u00a0%'],
  [-0.57, '−57.0\u00a0%'],
  [1.311, '+131\u00a0%'],
  [0.9996, '+100\u00a0%'],
  [0.0003, '+0.03\u00a0%'],
  [0, '0\u00a0%'],
  [null, ''],
])('a relative change of %s reads %s', (x, text) => expect(formatRelative(x)).toBe(text));

it('a difference always shows its direction', () => {
  expect([0.0551, -0.0551, 0, null].map(formatDifference)).toEqual(['+0.0551', '−0.0551', '0', '—']);
});

it('a limit reads as it stands in the policy, free of binary noise', () => {
  expect([0.07, 0.08, 0.1, 0.125].map(formatRelativeLimit)).toEqual(['7', '8', '10', '12.5'].map((n) => `${n}\u00a0%`));
});

it('counts and durations', () => {
  expect(formatCount(1, 'matrix', 'matrices')).toBe('1 matrix');
  expect(formatCount(1200, 'matrix', 'matrices')).toBe('1,200 matrices');
  expect([3.21, 42.4, 185].map(formatDuration)).toEqual(['3.2 s', '42 s', '3 min 5 s']);
});
