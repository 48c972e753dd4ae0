import { existsSync } from 'node:fs';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import { assessTrend } from '../../../src/history/trend.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { renderHtml } from '../../../src/report/html/report.ts';
import { chart, chartText } from '../../../src/report/render/html/chart.ts';
import { repository } from '../../fixtures.ts';
import { night } from '../../history/fixtures.ts';
import { calibrationReport } from '../calibration.ts';
import { everyFinding } from '../findings.ts';
import { HOSTILE_NAMES, hostileReport, probeReport, report, subject } from '../fixtures.ts';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

function elementsOf(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'tagName' in node ? [node, ...children] : children;
}

const attributesOf = (page: string) => elementsOf(parse(page)).flatMap(({ attrs }) => attrs);

/** What a page must not do: run foreign code, load anything, or link to where we did not point. */
function expectInert(page: string): void {
  const elements = elementsOf(parse(page));
  expect(elements.filter(({ tagName }) => tagName === 'script')).toHaveLength(1);
  expect(
    elements.filter(({ tagName }) => ['img', 'iframe', 'object', 'embed', 'base', 'form'].includes(tagName)),
  ).toEqual([]);
  for (const { name, value } of attributesOf(page)) {
    expect(name).not.toMatch(/^on/);
    if (name === 'href') expect(value).toMatch(/^(?:#|https:\/\/github\.com\/)/);
    if (name === 'src' || name === 'srcset') expect.fail(`${name}="${value}"`);
  }
}

describe('renderHtml', () => {
  it.each(HOSTILE_NAMES.map((name, i) => [i, name]))('is inert with hostile name %i in every place', (_, name) => {
    expectInert(renderHtml(hostileReport(name as string)));
  });

  it('is a whole page with one heading and a section for each link of the navigation', () => {
    const page = renderHtml(report());
    const elements = elementsOf(parse(page));
    expect(elements.filter(({ tagName }) => tagName === 'h1')).toHaveLength(1);
    const ids = attributesOf(page).flatMap(({ name, value }) => (name === 'id' ? [value] : []));
    expect(new Set(ids).size).toBe(ids.length);
    const anchors = attributesOf(page).flatMap(({ name, value }) =>
      name === 'href' && value.startsWith('#') ? [value.slice(1)] : [],
    );
    for (const anchor of anchors) expect(ids).toContain(anchor);
  });

  it('links to pages of the docs that are there', () => {
    const trend = assessTrend([night(0), night(1)], DEFAULT_POLICY).trend;
    const full = report({
      calibration: calibrationReport(),
      findings: everyFinding('a'),
      probes: probeReport(),
      trend,
    });
    const pages = attributesOf(renderHtml(full, { docs: 'https://docs' })).flatMap(({ name, value }) =>
      name === 'href' && value.startsWith('https://docs/') ? [new URL(value).pathname] : [],
    );
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.filter((page) => !existsSync(repository('docs', ...page.split('/'))))).toEqual([]);
  });
});

describe('the overview', () => {
  const ORIGIN = {
    ...{ id: 50, attempt: 1, commit: 'a'.repeat(40), head: null },
    ...{ repository: 'https://github.com/o/r', by: 'own' as const },
  };
  const hrefs = (page: string) => attributesOf(page).flatMap(({ name, value }) => (name === 'href' ? [value] : []));

  it('links to the run, the commits of both sides, and the docs of the action that ran', () => {
    const baseline = subject({ commit: 'b'.repeat(40) });
    const links = hrefs(
      renderHtml(report({ baseline }), { origin: ORIGIN, docs: 'https://github.com/t/gate/blob/v1/docs' }),
    );
    expect(links).toContain('https://github.com/o/r/actions/runs/50/attempts/1');
    expect(links).toContain(`https://github.com/o/r/commit/${'a'.repeat(40)}`);
    expect(links).toContain(`https://github.com/o/r/commit/${'b'.repeat(40)}`);
    expect(links).toContain('https://github.com/t/gate/blob/v1/docs/reference/glossary.md');
  });

  it('links to no commit whose name is not one', () => {
    const page = renderHtml(report({ baseline: subject({ commit: '../../evil' }) }), { origin: ORIGIN });
    expect(hrefs(page).filter((href) => href.includes('evil'))).toEqual([]);
    expect(page).toMatch(/ of <code>[^<]*<\/code>, /);
  });

  it('warns of numbers that a stranger may have made up', () => {
    const page = (by: 'own' | 'fork') => renderHtml(report(), { origin: { ...ORIGIN, by } });
    expect(page('fork')).toContain('own run, whose workflow its author can edit');
    expect(page('own')).not.toContain('whose workflow its author can edit');
  });
});

describe('chart', () => {
  it.each(HOSTILE_NAMES.map((name, i) => [i, name]))('writes hostile name %i as a text', (_, name) => {
    const text = name as string;
    const { text: svg } = chart({ label: text, x: { domain: [chartText(text)], label: chartText(text) }, marks: [] });
    const elements = elementsOf(parse(`<!doctype html><body>${svg}`));
    expect(elements.filter(({ tagName }) => ['script', 'img', 'a'].includes(tagName))).toEqual([]);
    for (const { attrs } of elements) for (const { name: key } of attrs) expect(key).not.toMatch(/^on/);
  });
});
