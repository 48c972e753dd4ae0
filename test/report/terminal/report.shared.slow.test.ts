import { expect, it } from 'vitest';
import { renderSpectra } from '../../../src/report/terminal/spectra.ts';
import { tensor } from '../fixtures.ts';

it('ten thousand matrices give ten thousand aligned rows', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => tensor(`model.layers.${i}.weight`, 'other', 'weight'));
  const lines = renderSpectra(many, { color: false, width: 120 }).split('\n');
  expect(lines).toHaveLength(10_003);
  expect(new Set(lines.slice(3).map((line) => line.indexOf('96×32'))).size).toBe(1);
});
