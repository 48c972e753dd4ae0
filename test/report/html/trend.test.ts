import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
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
    ({ tagName, attrs }) => tagName === 'svg' && attrs.some(({ name, value }) => name === 'role' && value === 'img'),
  );
  return charts.map((chart) => {
    const label = chart.attrs.find(({ name }) => name === 'aria-label')?.value ?? '';
    const lines = elementsOf(chart).filter(({ attrs }) =>
      attrs.some(({ name, value }) => name === 'aria-label' && value === 'dot'),
    );
    return {
      label,
      points: lines.map((line) => elementsOf(line).filter(({ tagName }) => tagName === 'circle').length),
    };
  });
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
    for (const text of ['82.0% → 78.3%', '>4.50<', '>6.00<']) expect(section(4)).toContain(text);
  });

  it('draws no line through one check, and is left out without a history, with the reason in the method', () => {
    expect(section(1)).not.toContain('<figure');
    expect(section(1)).toContain('1 check on ');
    const page = renderHtml(report({ trend: null }));
    expect(page).not.toContain('id="trend"');
    expect(page).toContain('only scheduled checks of the action keep a history');
  });
});
