import { expect, it } from 'vitest';
import { sparkline } from '../../../src/report/text/sparkline.ts';
import { spectrum } from '../fixtures.ts';

const height = (bar: string | undefined): number => '·▁▂▃▄▅▆▇█'.indexOf(bar ?? '');

it('one step down in a sparkline is a halving', () => {
  expect(sparkline([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 1000])).toBe('█▇▆▅▄▃▂▁▁');
});

it('a spike shows as a cliff after the first bar, also if values are thinned out', () => {
  const flat = sparkline(spectrum({ rank: 200, decay: 0.1 }));
  const spiked = sparkline(spectrum({ rank: 200, decay: 0.1, spike: 10 }));
  expect(height(spiked[0])).toBe(8);
  expect(height(spiked[0]) - height(spiked[1])).toBeGreaterThanOrEqual(3);
  expect(height(flat[0]) - height(flat[1])).toBeLessThanOrEqual(1);
});

it('a power law falls evenly, without a cliff', () => {
  const bars = Array.from(sparkline(Array.from({ length: 16 }, (_, i) => 2 ** (-i / 3))), height);
  for (const [i, bar] of bars.entries()) if (i > 0) expect((bars[i - 1] ?? 0) - bar).toBeLessThanOrEqual(1);
  expect(bars.at(-1)).toBeLessThan(5);
});

it('singular values of 0 have no bar', () => {
  expect(sparkline([1, 0.5, 0, 0])).toBe('█▇··');
  expect(sparkline([1, Number.NaN])).toBe('█·');
});

it('a sparkline is never wider than requested, and empty without values', () => {
  expect(sparkline(spectrum({ rank: 500 }), 8)).toHaveLength(8);
  expect(sparkline([1, 0.5], 8)).toHaveLength(2);
  expect(sparkline([])).toBe('');
});
