import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { type Sweep, sweepSchema } from '../../../src/compare/sweep/schema.ts';
import { renderSweepHtml } from '../../../src/report/html/sweep.ts';
import { renderSweep } from '../../../src/report/terminal/index.ts';
import { describeInBrowser, reportBrowser } from './browser.ts';

const estimate = (value: number) => ({ value, lower: value - 0.03, upper: value + 0.03 });

/** A sweep of so many checkpoints, of which the second fails by an unadjusted loss alone. */
function sweep(count: number, over: Partial<Sweep> = {}): Sweep {
  const names = Array.from({ length: count }, (_, i) => `checkpoint-${500 * (i + 1)}`);
  const checkpoints = names.map((name, i): Sweep['checkpoints'][number] => ({
    ...{ name, path: `out/${name}`, step: 500 * (i + 1), status: 'checked', digest: 'sha256:0', sameAs: null },
    ...{ verdict: i === 1 ? 'fail' : 'pass', message: 'No loss.', failsOnlyUnadjusted: i === 1 },
    benchmark: { baseline: 0.6, candidate: 0.6 + 0.01 * i, change: estimate(0.01 * i) },
    twin: { baseline: 0.5, candidate: 0.5 + 0.02 * i, change: estimate(0.02 * i) },
    shadowDelta: estimate(0.01),
    transfer: i === 1 ? estimate(0.16) : null,
    spectrum: { metric: 'mlpAttentionRatio', of: 'delta', baseline: 0.6, candidate: 0.61 },
    loss: {
      ...{ change: 0, twins: 400, lost: 9, won: 9, p: i === 1 ? 0.02 : 0.5, adjusted: i === 1 ? 0.08 : 1 },
      ...{ alpha: 0.04, shown: i === 1 ? 'unadjusted' : 'no' },
    },
  }));
  return sweepSchema.parse({
    schema: 'shadow-gate/sweep@1',
    tool: { name: 'shadow-gate', version: '0.0.0' },
    ...{ verdict: 'fail', baseline: { name: 'b', digest: 'sha256:1' }, policy: null, confidence: 0.95, tests: count },
    checkpoints,
    best: null,
    ...over,
  });
}

const HOSTILE = '<img src=x onerror=alert(1)>\u001b[31m::error::';

describe('what is shown of a sweep', () => {
  it('names a failure that the adjustment does not bear out, and leaves it one', () => {
    const text = renderSweep(sweep(4), { color: false, width: 100 }).replace(/\s+/g, ' ');
    expect(text).toContain(
      'checkpoint-1000 fails by itself, by its loss in other forms alone. Adjusted for 4 checkpoints (Holm)',
    );
    expect(text).toContain('✘ fail: 4 checkpoints: 1 fail, 3 pass.');
  });

  it('lists those that cannot be told apart from the first, and not all of a hundred', () => {
    const rivals = Array.from({ length: 100 }, (_, i) => ({ name: `c${i}`, lead: null, p: null, isBehind: i === 0 }));
    const best = { by: 'twin', models: 101, alpha: 0.05, name: null, top: 'first', rivals } as const;
    const text = renderSweep(sweep(2, { best: { ...best, rivals } }), { color: false, width: 100 }).replace(
      /\s+/g,
      ' ',
    );
    expect(text).toMatch(
      /No checkpoint is shown to be best, .* first has the highest accuracy in other forms; .*: c1; c2; .*; and 91 more\./,
    );
  });

  it('calls one best of those that may be merged, or the only one of them, and says where there is none', () => {
    const textOf = (over: Partial<Sweep>) =>
      renderSweep(sweep(3, over), { color: false, width: 100 }).replace(/\s+/g, ' ');
    const best = { by: 'twin', models: 3, alpha: 0.05, name: 'checkpoint-1500', top: 'checkpoint-1500' } as const;
    const rival = { name: 'checkpoint-500', lead: null, p: 0, isBehind: true };
    expect(textOf({ best: { ...best, rivals: [rival] } })).toContain(
      'Best of 2 that may be merged, by accuracy in other forms: checkpoint-1500, shown',
    );
    expect(textOf({ best: { ...best, rivals: [] } })).toContain(
      'checkpoint-1500 is the only model of 3 that may be merged.',
    );
    const checkpoints = sweep(3).checkpoints.map((row) => ({ ...row, verdict: 'inconclusive' as const }));
    expect(textOf({ checkpoints })).toContain('No checkpoint may be merged, so none is best.');
  });

  it('escapes names and messages, and takes no more columns than a terminal has by default', () => {
    const [first, ...rest] = sweep(3).checkpoints;
    const named = { ...first, name: HOSTILE, message: HOSTILE } as Sweep['checkpoints'][number];
    const hostile = sweep(3, { checkpoints: [named, ...rest] });
    expect(renderSweepHtml(hostile)).not.toContain('<img');
    const text = renderSweep(hostile, { color: false, width: 100 });
    for (const part of ['\u001b', '::error']) expect(text).not.toContain(part);
    for (const line of renderSweep(sweep(3), { color: false, width: 100 }).split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(100);
    }
  });

  it('has a chart for each number that two checkpoints have, and none for one checkpoint', () => {
    const chartsOf = (count: number) => [...renderSweepHtml(sweep(count)).matchAll(/<figure/g)].length;
    expect([chartsOf(1), chartsOf(2), chartsOf(30)]).toEqual([0, 3, 3]);
  });
});

describe('the page of a sweep, as a table', () => {
  it('has checkpoints as columns after the baseline, the best one marked', () => {
    const best = { by: 'twin', models: 2, alpha: 0.05, top: 'checkpoint-1000', rivals: [] } as const;
    const rowsOf = (name: string | null) => {
      const { document } = parseHTML(renderSweepHtml(sweep(2, { best: { ...best, name, rivals: [] } })));
      // The whole column is tinted.
      expect(
        [...document.querySelectorAll('table.checkpoints tr')].every((row) => row.children[3]?.className === 'best'),
      ).toBe(true);
      expect(document.querySelectorAll('.best')).toHaveLength(9);
      return [...document.querySelectorAll('table.checkpoints tr')].map((row) =>
        [...row.children].map((cell) => cell.textContent?.replaceAll(/\s+/g, ' ').trim()),
      );
    };
    expect(rowsOf('checkpoint-1000')).toEqual([
      ['checkpoint', 'baseline', 'checkpoint-500', 'checkpoint-1000 best'],
      ['verdict', '—', 'pass', 'fail'],
      ['step', '—', '500', '1,000'],
      ['exam', '60.0%', '60.0% 0.0 −3.0 to +3.0', '61.0% +1.0 −2.0 to +4.0'],
      ['other forms', '50.0%', '50.0% 0.0 −3.0 to +3.0', '52.0% +2.0 −1.0 to +5.0'],
      ['shadow delta', '—', '+1.0 −2.0 to +4.0', '+1.0 −2.0 to +4.0'],
      ['transfer', '—', '—', '16% 13% to 19%'],
      ['MLP ÷ attention ratio, ΔW', '0.600', '0.610 +1.7%', '0.610 +1.7%'],
      ['loss in other forms', '—', 'p = 0.500 Holm: p = 1.000', 'p = 0.020 Holm: p = 0.080'],
    ]);
    expect(rowsOf(null)[0]?.at(-1)).toBe('checkpoint-1000 highest');
  });
});

describeInBrowser('the page of a sweep', () => {
  const browser = reportBrowser();

  it.each([1200, 390])('runs, loads and moves nothing, and fits a window of %i pixels', async (width) => {
    const { page, problems, sidewaysScroll } = await browser.open(renderSweepHtml(sweep(12)), { width });
    expect(problems).toEqual([]);
    expect(await sidewaysScroll()).toBe(0);
    // The names of the numbers, the baseline, and the checkpoints.
    expect(await page.locator('table.checkpoints thead th').count()).toBe(1 + 1 + 12);
    expect(await page.locator('#trend svg[role=img]').count()).toBe(3);
  });
});
