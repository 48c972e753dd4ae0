import { describe, expect, it } from 'vitest';
import type { Trend } from '../../../src/compare/rows/trend.ts';
import { assessTrend } from '../../../src/history/trend.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { trendCharts, trendLine } from '../../../src/report/markdown/charts.ts';
import { night, standardized } from '../../history/fixtures.ts';

function trendOf(count: number, over: Parameters<typeof night>[1] = {}): Trend {
  return assessTrend(
    Array.from({ length: count }, (_, i) => night(i, over)),
    DEFAULT_POLICY,
  ).trend;
}

/** The diagrams that GitHub draws with mermaid. */
const drawn = (markdown: string) =>
  [...markdown.matchAll(/^```mermaid\n([\s\S]*?)\n```$/gm)].map((match) => match[1] ?? '');
const titles = (markdown: string) => drawn(markdown).map((text) => /title "(.*)"/.exec(text)?.[1]);
const lines = (text = '') =>
  [...text.matchAll(/^ {2}line \[(.*)\]$/gm)].map((match) => (match[1] ?? '').split(', ').map(Number));
const axis = (text = '', name = 'y') =>
  new RegExp(`^ {2}${name}-axis (\\S+) --> (\\S+)$`, 'm').exec(text)?.slice(1).map(Number);

const lost = { twinAccuracy: { baseline: 0.82, candidate: 0.783, change: -0.037, z: -2 } };
const opened = { shadowGap: { baseline: -0.012, candidate: 0.034, change: 0.046, z: 1 } };

describe('the charts of a trend', () => {
  const charts = trendCharts(trendOf(4, { ...lost, ...opened }));

  it('the charts show accuracy and gap of baseline and candidate, and the sums against their limit', () => {
    expect(titles(charts)).toEqual(['Accuracy in other forms, %', 'Shadow gap, points', 'Cumulative sums']);
    const [accuracy, gap, sums] = drawn(charts).map(lines);
    expect(accuracy).toEqual([Array(4).fill(82), Array(4).fill(78.3)]);
    expect(gap).toEqual([Array(4).fill(-1.2), Array(4).fill(3.4)]);
    expect(sums).toEqual([Array(4).fill(5), [1.5, 3, 4.5, 6], [0.5, 1, 1.5, 2]]);
  });

  it('every value lies inside its chart, which also holds if nothing moves', () => {
    expect(drawn(charts)).toHaveLength(3);
    for (const text of drawn(charts)) {
      const [least = Number.NaN, most = Number.NaN] = axis(text) ?? [];
      for (const value of lines(text).flat()) {
        expect(value).toBeGreaterThanOrEqual(least);
        expect(value).toBeLessThanOrEqual(most);
      }
      expect(axis(text, 'x')).toEqual([1, 4]);
    }
    const flat = drawn(trendCharts(trendOf(2, { shadowGap: standardized(0) })));
    expect(flat).not.toEqual([]);
    for (const text of flat) expect((axis(text)?.[1] ?? 0) - (axis(text)?.[0] ?? 0)).toBeGreaterThanOrEqual(5);
  });

  it('the caption names the color of every line, and the dates', () => {
    expect(charts).toContain('<sub>4 checks, 2026-01-01 to 2026-01-04 · blue: candidate; gray: baseline</sub>');
    expect(charts).toContain('blue: accuracy in other forms; orange: shadow gap; gray: the limit 5');
    const palettes = drawn(charts).map((text) => /plotColorPalette: "(.*)"/.exec(text)?.[1]?.split(', ').length);
    expect(palettes).toEqual(drawn(charts).map((text) => lines(text).length));
  });

  it('the cumulative sums are also available as one line of text', () => {
    expect(trendLine(trendOf(4, { ...lost, ...opened }))).toBe(
      'cumulative sums: accuracy in other forms 6.00, shadow gap 2.00; limit 5',
    );
    expect(trendLine(trendOf(1, { concentration: standardized(1) }))).toMatch(/concentration 0\.50; limit 5$/);
  });
});

describe('checks that cannot be drawn', () => {
  it('a single check gives no chart, since there is no line through one point', () => {
    expect(trendCharts(trendOf(1, lost))).toBe('');
    expect(trendCharts(trendOf(0))).toBe('');
    expect(trendLine(trendOf(0))).toBe('');
  });

  it('checks without probes or without a baseline are left out of the charts of the probes', () => {
    const history = [
      night(0, lost),
      night(1, { twinAccuracy: null, shadowGap: null }),
      night(2, { twinAccuracy: { baseline: null, candidate: 0.7, change: null, z: null } }),
      night(3, lost),
    ];
    const [accuracy, , sums] = drawn(trendCharts(assessTrend(history, DEFAULT_POLICY).trend));
    expect(lines(accuracy)[0]).toHaveLength(2);
    expect(lines(sums)[1]).toEqual([1.5, 1.5, 1.5, 3]);
  });

  it('the charts show the last thirty checks', () => {
    const { checks } = trendOf(30, lost);
    const all = drawn(trendCharts({ limit: 5, checks: [...checks, ...checks] }));
    expect(lines(all[0])[0]).toHaveLength(30);
  });

  it('the charts contain nothing from a checkpoint but numbers and dates', () => {
    const name = '"]\n```\n<script>@octocat';
    const trend = trendOf(3, {
      ...lost,
      ...opened,
      checkpoint: name,
      baseline: name,
      commit: name,
      version: `0.1.${name}`,
    });
    expect(trendCharts(trend)).toBe(trendCharts(trendOf(3, { ...lost, ...opened })));
  });
});
