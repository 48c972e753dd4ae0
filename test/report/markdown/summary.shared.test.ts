import { expect, it } from 'vitest';
import { commentMarker, renderComment, renderStepSummary } from '../../../src/report/markdown/comment.ts';
import { probeReport, report } from '../fixtures.ts';

it('the step summary is the comment without its marker', () => {
  expect(`${commentMarker()}\n${renderStepSummary(report())}`).toBe(renderComment(report()));
});

it.each([2000, 5000, 20_000])('a step summary fits into %i bytes, also with characters of three bytes', (limit) => {
  const skipped = Array.from({ length: 200 }, (_, i) => ({
    name: `重み${i}`.repeat(20),
    reason: `${i}は行列ではない`,
  }));
  const long = report({ skipped });
  expect(Buffer.byteLength(renderStepSummary(long))).toBeGreaterThan(20_000);
  expect(Buffer.byteLength(renderStepSummary(long, { limit }))).toBeLessThan(limit);
});

it('the step summary has pictures that GitHub draws, of numbers and our own words', () => {
  const name = '"]\\n```\\n<b>evil';
  const summary = renderStepSummary(report({ probes: probeReport(name) }));
  const [drawn = ''] = summary.match(/^```mermaid\n[\s\S]*?^```$/m) ?? [];
  expect(drawn).toContain('  x-axis ["exam", "no options"]');
  expect(drawn).toContain('  bar [98.0, 98.0]');
  expect(drawn).toContain('  line [26.0, 26.0]');
  expect(drawn).not.toContain('evil');
  expect(renderComment(report({ probes: probeReport(name) }))).not.toContain('mermaid');
});
