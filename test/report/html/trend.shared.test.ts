import { parseHTML } from 'linkedom';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import type { Trend } from '../../../src/compare/index.ts';
import { assessTrend } from '../../../src/history/trend.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { renderHtml } from '../../../src/report/html/report.ts';
import { TREND_SECTION } from '../../../src/report/html/trend.ts';
import { night } from '../../history/fixtures.ts';
import { report } from '../fixtures.ts';

type Element = DefaultTreeAdapterTypes.Element;

function elementsOf(node: DefaultTreeAdapterTypes.Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'tagName' in node ? [node, ...children] : children;
}

const PAGE = { docs: 'https://github.com/o/gate/blob/v1/docs', origin: null };
const lost = { twinAccuracy: { baseline: 0.82, candidate: 0.783, change: -0.037, z: -2 } };

function trendAfter(nights: number) {
  const history = Array.from({ length: nights }, (_, i) => night(i, lost));
  return assessTrend(history, DEFAULT_POLICY).trend;
}

const section = (nights: number) => TREND_SECTION.render(report({ trend: trendAfter(nights) }), PAGE)?.text ?? '';

/** The heights of the points of each dotted line, by the label of its chart: where two are equal, so are the values. */
function dotsOf(html: string) {
  const charts = elementsOf(parseFragment(html)).filter(
    ({ tagName, attrs }) =>
      tagName === 'svg' &&
      attrs.some(({ name, value }) => name === 'role' && value === 'img') &&
      !attrs.some(({ name, value }) => name === 'class' && value.startsWith('icon')),
  );
  return charts.map((chart) => {
    const label = chart.attrs.find(({ name }) => name === 'aria-label')?.value ?? '';
    const lines = elementsOf(chart).filter(({ attrs }) =>
      attrs.some(({ name, value }) => name === 'data-mark' && value === 'dot'),
    );
    return {
      label,
      points: lines.map((line) => elementsOf(line).filter(({ tagName }) => tagName === 'circle').length),
    };
  });
}

/** The table of checks, cell by cell. */
function rowsOf(trend: Trend): string[][] {
  const html = TREND_SECTION.render(report({ trend }), PAGE)?.text ?? '';
  const { document } = parseHTML(html);
  return [...document.querySelectorAll('table.checkpoints tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''),
  );
}

describe('the trend', () => {
  it('draws a point for each check, of baseline and candidate and of each cumulative sum', () => {
    const charts = dotsOf(section(4));
    expect(charts[0]).toEqual({
      label: 'Accuracy in other forms of baseline and candidate over 4 checks',
      points: [4, 4],
    });
    expect(charts.at(-1)).toEqual({ label: 'Cumulative sums over 4 checks, with their limit of 5', points: [4, 4] });
  });

  it('says in words whether there is a drift, and has the numbers in a table', () => {
    // Two standard errors a night, less one half: 1.5, 3, 4.5, 6.
    expect(section(3)).toContain('No cumulative sum is above the limit of 5.');
    expect(section(4)).toContain('Above the limit of 5: accuracy in other forms.');
  });

  it('has the checks side by side, the newest first, each with the baseline on the same questions', () => {
    const both = (baseline: number, candidate: number) => ({ baseline, candidate, change: candidate - baseline, z: 0 });
    const history = [
      night(0, { twinAccuracy: both(0.82, 0.8), shadowGap: both(0.05, 0.06), checkpoint: 'sha256:1', verdict: 'warn' }),
      night(1, {
        ...{ twinAccuracy: both(0.81, 0.77), shadowGap: both(0.05, 0.12), checkpoint: 'sha256:2', verdict: 'fail' },
        ...{ concentration: both(0.6, 0.66), transfer: { value: 0.16, lower: 0.09, upper: null } },
      }),
    ];
    const rows = rowsOf(assessTrend(history, DEFAULT_POLICY).trend);
    expect(rows).toEqual([
      ['checkpoint', 'baseline', '2026-01-02 03:17 latest', '2026-01-01 03:17 highest'],
      ['verdict', '—', 'fail', 'warn'],
      // 77% and 12 points of gap; 80% and 6.
      ['exam', '86.0% to 87.0%', '89.0% +3.0', '86.0% −1.0'],
      ['other forms', '81.0% to 82.0%', '77.0% −4.0', '80.0% −2.0'],
      ['shadow gap, points', '+5.0', '+12.0 +7.0', '+6.0 +1.0'],
      ['transfer', '—', '16% 9% to ∞', '—'],
      ['MLP ÷ attention ratio', '0.600', '0.660 +10.0%', '—'],
      ['sum: accuracy in other forms', '—', '0.00', '0.00'],
      ['sum: shadow gap', '—', '0.00', '0.00'],
      ['sum: concentration', '—', '0.00', '—'],
    ]);
  });

  it('marks no check of a checkpoint as higher than another one of the same, nor one of an older report', () => {
    const { trend } = assessTrend([night(0), night(1, lost)], DEFAULT_POLICY);
    expect(JSON.stringify(rowsOf(trend))).not.toContain('highest');
    const checks = trend.checks.map(({ verdict: _, checkpoint: __, concentration: ___, ...check }) => check);
    const older = rowsOf({ ...trend, checks });
    expect(older.map(([head]) => head)).toEqual([
      ...['checkpoint', 'exam', 'other forms', 'shadow gap, points'],
      ...['sum: accuracy in other forms', 'sum: shadow gap'],
    ]);
    expect(JSON.stringify(older)).not.toContain('highest');
  });

  it('draws no line through one check, and is left out without a history, with the reason in the method', () => {
    expect(section(1)).not.toContain('<figure');
    expect(section(1)).toContain('1 check on ');
    const page = renderHtml(report({ trend: null }));
    expect(page).not.toContain('id="trend"');
    expect(page).toContain('only scheduled checks of the action keep a history');
  });
});
