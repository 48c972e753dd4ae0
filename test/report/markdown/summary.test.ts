import { expect, it } from 'vitest';
import { commentMarker, renderComment } from '../../../src/report/markdown/comment.ts';
import { renderSummary } from '../../../src/report/markdown/summary.ts';
import { report } from '../fixtures.ts';

it('the step summary says what the comment says, without its marker', () => {
  expect(`${commentMarker()}\n${renderSummary(report())}`).toBe(renderComment(report()));
});

it.each([2000, 5000, 20_000])('its limit of %i is in bytes, and names may take three each', (limit) => {
  const skipped = Array.from({ length: 200 }, (_, i) => ({
    name: `重み${i}`.repeat(20),
    reason: `${i}は行列ではない`,
  }));
  const it = report({ skipped });
  expect(Buffer.byteLength(renderSummary(it))).toBeGreaterThan(20_000);
  expect(Buffer.byteLength(renderSummary(it, { limit }))).toBeLessThan(limit);
});
