import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { renderHtml } from '../../../../src/report/html/report.ts';
import { HOSTILE_NAMES, probeReport, tensor } from '../../fixtures.ts';
import { describeInBrowser, reportBrowser } from '../browser.ts';
import { contrastsOf } from '../contrast.ts';
import { asBaseline, SEVEN_B, spectraReport } from './fixture.ts';

const PAGE = renderHtml(spectraReport());
/** A column of the visible rows. */
const column = (page: Page, index: number): Promise<string[]> =>
  page.locator(`table.matrices tbody tr:visible > :nth-child(${index})`).allTextContents();
/** The choice above the table for a column, counted from 0. */
const filter = (page: Page, index: number) => page.locator(`[data-filter="${index}"]`);
const drawn = (page: Page, kind: string) => page.locator(`#profile figure .curve.${kind}`).first().getAttribute('d');

/** The matrices are folded. */
const unfold = (page: Page) => page.locator('#matrices-title').click();

describeInBrowser('the section on spectra in a browser', () => {
  const browser = reportBrowser();

  it('draws the σ-profile of the matrix that is chosen, by keyboard as well', async () => {
    const { page, problems, layoutShift } = await browser.open(PAGE, { width: 400 });
    const select = page.getByLabel('Matrix, largest change first');
    const before = await drawn(page, 'candidate');
    expect(await page.locator('#profile h4').textContent()).toBe(
      `ΔW of ${await select.locator('option:checked').textContent()}`,
    );
    await select.selectOption({ label: 'model.layers.0.self_attn.k_proj.weight' });
    const [first, baseline] = [await drawn(page, 'candidate'), await drawn(page, 'baseline')];
    expect(first).not.toBe(before);
    const row = page.locator('tr', { hasText: 'model.layers.0.self_attn.k_proj.weight' }).filter({ hasText: 'ΔW' });
    expect(first).toBe(await row.getAttribute('data-candidate'));
    expect(baseline).toBe(await row.getAttribute('data-baseline'));
    const random = page.locator('#profile figure .curve.random[visibility="visible"]');
    expect(await random.count()).toBe(1);
    // Its smallest dimension is half of the others': the curve of its shape ends before the right edge.
    expect(Number(/(\d+),\d+$/.exec((await random.getAttribute('d')) ?? '')?.[1])).toBeLessThan(460);
    await select.focus();
    await page.keyboard.press('ArrowDown');
    expect(await drawn(page, 'candidate')).not.toBe(first);
    expect(await layoutShift()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('sorts by every column, in both directions', async () => {
    const { page, problems } = await browser.open(PAGE);
    await unfold(page);
    const head = page.locator('table.matrices thead th');
    const names = await head.allTextContents();
    for (const [i, name] of names.entries()) {
      const button = head.nth(i).getByRole('button');
      await button.focus();
      await page.keyboard.press('Enter');
      const once = await column(page, i + 1);
      const isNumber = (await head.nth(i).getAttribute('class')) === 'number';
      expect(await head.nth(i).getAttribute('aria-sort'), name).toBe(isNumber ? 'descending' : 'ascending');
      await page.keyboard.press('Enter');
      const twice = await column(page, i + 1);
      if (!isNumber || name === 'shape') continue;
      const numbers = (texts: string[]) =>
        texts.map((text) => Number(text.replace(/,/g, '').replace(/−/g, '-'))).filter(Number.isFinite);
      expect(numbers(once), name).toEqual(numbers(once).sort((a, b) => b - a));
      expect(numbers(twice), name).toEqual(numbers(twice).sort((a, b) => a - b));
      expect(once.indexOf('—'), name).toBe(once.includes('—') ? numbers(once).length : -1);
    }
    expect(await page.locator('th[aria-sort]').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  it('still draws the chosen matrix after it was sorted', async () => {
    const { page } = await browser.open(PAGE);
    await unfold(page);
    await page.locator('table.matrices thead th').first().getByRole('button').click();
    await page.getByLabel('Matrix, largest change first').selectOption({ label: 'model.layers.2.mlp.up_proj.weight' });
    expect(await page.locator('#profile h4 code').textContent()).toBe('model.layers.2.mlp.up_proj.weight');
  });

  it('shows only the rows of a module type and a layer', async () => {
    const { page, layoutShift } = await browser.open(PAGE, { width: 400 });
    await unfold(page);
    await filter(page, 2).focus();
    await page.keyboard.type('up_proj');
    expect(await layoutShift()).toBe(0);
    expect(new Set(await column(page, 3))).toEqual(new Set(['up_proj']));
    await filter(page, 3).selectOption('1');
    expect(await column(page, 4)).toEqual(['1', '1']);
    await filter(page, 1).selectOption('W');
    expect(await column(page, 1)).toEqual(['model.layers.1.mlp.up_proj.weight']);
    expect(await page.locator('[data-count]').textContent()).toBe('1 of 42 shown.');
    await filter(page, 3).selectOption('');
    expect(await column(page, 4)).toHaveLength(3);
  });

  it('saves the matrices that are shown as CSV, with numbers that another program reads', async () => {
    const { page, problems } = await browser.open(renderHtml({ ...spectraReport(), probes: probeReport() }));
    // The search of the items is no filter of the matrices.
    await page.getByLabel('Search').fill('nothing');
    await unfold(page);
    await filter(page, 2).selectOption('up_proj');
    await filter(page, 1).selectOption('ΔW');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#spectra').getByRole('button', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('shadow-gate-matrices.csv');
    const [heads, ...rows] = parse(readFileSync(await download.path(), 'utf8'), { bom: true }) as string[][];
    expect(heads?.slice(0, 5)).toEqual(['matrix', 'of', 'module type', 'layer', 'change']);
    expect(rows.map(([name]) => name)).toEqual(await column(page, 1));
    expect(rows.map(([, of, module]) => `${of} ${module}`)).toEqual(['ΔW up_proj', 'ΔW up_proj', 'ΔW up_proj']);
    expect(rows.map((row) => row.at(-1))).toEqual(['256 × 96', '256 × 96', '256 × 96']);
    const shown = await column(page, 5);
    expect(rows.map((row) => Number(row[4]))).toEqual(shown.map((text) => Number(text.replace('−', '-'))));
    expect(problems).toEqual([]);
  });

  it('has the matrices that changed most without its script, and nothing that does not work', async () => {
    const { page, problems } = await browser.open(PAGE, { javaScript: false });
    expect(await page.locator('#profile svg .curve.candidate').first().isVisible()).toBe(true);
    await page.getByText('The next 5 matrices').click();
    expect(await page.locator('.profiles figure').count()).toBe(5);
    expect(await page.locator('.profiles figure').last().isVisible()).toBe(true);
    expect(await page.locator('.with-script:visible').count()).toBe(0);
    expect(await page.locator('table.matrices button').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'can be read in %s colors: texts, curves, and neighboring colors of the maps',
    async (colorScheme) => {
      const { page } = await browser.open(PAGE, { colorScheme });
      expect((await contrastsOf(page)).filter(({ ratio, least }) => ratio < least)).toEqual([]);
      const background = luminance(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
      for (const kind of ['candidate', 'baseline', 'random']) {
        const stroke = await page.evaluate<string>(`getComputedStyle(document.querySelector('.curve.${kind}')).stroke`);
        expect(ratioOf(luminance(stroke), background), kind).toBeGreaterThan(3);
      }
      const colors = (name: string, count: number) =>
        page.evaluate<string[]>(`Array.from({ length: ${count} }, (_, i) => {
        const probe = document.body.appendChild(document.createElement('i'));
        probe.style.color = 'var(--${name}-' + i + ')';
        return getComputedStyle(probe).color;
      })`);
      const heat = (await colors('heat', 7)).map(luminance);
      const change = (await colors('change', 9)).map(luminance);
      // Lightness alone tells more from less, also in gray.
      const steps = (values: readonly number[]) => values.slice(1).map((value, i) => ratioOf(value, values[i] ?? 0));
      for (const values of [heat, change.slice(0, 5), change.slice(4)]) {
        const sorted = [...values].sort((a, b) => a - b);
        expect([sorted, [...sorted].reverse()]).toContainEqual(values);
        expect(Math.min(...steps(values))).toBeGreaterThan(1.2);
      }
      // What hardly changed is closest to the page.
      expect(ratioOf(change[4] ?? 0, background)).toBeLessThan(1.6);
      expect(Math.min(ratioOf(change[0] ?? 0, background), ratioOf(change[8] ?? 0, background))).toBeGreaterThan(3);
    },
  );

  it.each(HOSTILE_NAMES.map((name, i) => [i, name]))('is inert with hostile name %i', async (_, name) => {
    const matrices = [tensor(String(name), 'q_proj', 'delta'), tensor('plain', 'q_proj', 'delta')];
    const spectra = { baseline: matrices.map(asBaseline) };
    const { page, problems, sidewaysScroll } = await browser.open(
      renderHtml(spectraReport({}, { tensors: matrices, spectra })),
      { width: 400 },
    );
    const select = page.getByLabel('Matrix, largest change first');
    await select.selectOption('1');
    await select.selectOption('0');
    await unfold(page);
    await page.locator('table.matrices thead th').first().getByRole('button').click();
    expect(await page.locator('#profile h4').textContent()).toContain('ΔW of ');
    expect(await page.locator('script').count()).toBe(1);
    expect(await sidewaysScroll()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('opens for a model of 7 B parameters in less than 700 KB, without a shift', async () => {
    const page = renderHtml(spectraReport({ layers: 32, shapes: SEVEN_B }));
    const section = page.slice(page.indexOf('<section id="spectra"'));
    expect(section.match(/<tr data-candidate/g)).toHaveLength(448);
    expect(Buffer.byteLength(section)).toBeLessThan(700_000);
    for (const width of [1100, 400]) {
      const { problems, layoutShift, sidewaysScroll } = await browser.open(page, { width });
      expect([await layoutShift(), await sidewaysScroll(), problems]).toEqual([0, 0, []]);
    }
  });
});

/** WCAG 2.2. @param color as the browser writes it: `rgb(1, 2, 3)` */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [...color.matchAll(/[\d.]+/g)].map(([part]) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratioOf(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
