import { expect, it } from 'vitest';
import { wholeMatrix } from '../../src/checkpoint/matrix-view.ts';
import { costOf } from '../../src/spectra/cost.ts';
import type { Job } from '../../src/spectra/jobs.ts';

function weight(m: number, n: number): Job {
  const shape = [m, n] as const;
  const source = { name: 'w', dtype: 'BF16', shape, size: m * n, file: '', offset: 0, byteLength: 2 * m * n };
  const place = { module: 'other', layer: null, expert: null, component: null } as const;
  return { kind: 'weight', of: 'weight', name: 'w', place, shape, matrix: { source, view: wholeMatrix(shape) } };
}

// Seconds of the README's tables and of decision 001, measured on one machine.
it.each([
  ['fast', [11008, 4096], 2.93, [4096, 4096], 1.43],
  ['fast', [32000, 4096], 18.0 / 2, [4096, 4096], 1.43],
  ['exact', [11008, 4096], 12.6, [4096, 4096], 6.9],
] as const)(
  'a %s spectrum of %j costs %d where one of %j costs %d',
  (method, [m, n], seconds, [rows, columns], others) => {
    const ratio = costOf(weight(m, n), method) / costOf(weight(rows, columns), method);
    expect(Math.abs(ratio / (seconds / others) - 1)).toBeLessThan(0.15);
  },
);

it('a fast spectrum of a large matrix is cheaper than the exact one', () => {
  expect(costOf(weight(11008, 4096), 'exact') / costOf(weight(11008, 4096), 'fast')).toBeCloseTo(12.6 / 2.93, 0);
});
