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

/** The matrices are folded. */
const unfold = (page: Page) => page.locator('#matrices-title').click();

describeInBrowser('the section on spectra in a browser', () => {
  const browser = reportBrowser();

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

  it('is complete without its script, and has nothing that does not work', async () => {
    const { page, problems } = await browser.open(PAGE, { javaScript: false });
    expect(await page.locator('#spectra figure.chart svg').isVisible()).toBe(true);
    expect(await page.locator('.with-script:visible').count()).toBe(0);
    expect(await page.locator('table.matrices button').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('can be read in %s colors', async (colorScheme) => {
    const { page } = await browser.open(PAGE, { colorScheme });
    expect((await contrastsOf(page)).filter(({ ratio, least }) => ratio < least)).toEqual([]);
  });

  it.each(HOSTILE_NAMES.map((name, i) => [i, name]))('is inert with hostile name %i', async (_, name) => {
    const matrices = [tensor(String(name), 'q_proj', 'delta'), tensor('plain', 'q_proj', 'delta')];
    const spectra = { baseline: matrices.map(asBaseline) };
    const { page, problems, sidewaysScroll } = await browser.open(
      renderHtml(spectraReport({}, { tensors: matrices, spectra })),
      { width: 400 },
    );
    await unfold(page);
    await page.locator('table.matrices thead th').first().getByRole('button').click();
    expect(await page.locator('table.matrices tbody tr').count()).toBe(2);
    expect(await page.locator('script').count()).toBe(1);
    expect(await sidewaysScroll()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('opens for a model of 7 B parameters in less than 300 KB, without a shift', async () => {
    const page = renderHtml(spectraReport({ layers: 32, shapes: SEVEN_B }));
    const section = page.slice(page.indexOf('<section id="spectra"'));
    const [, matrices = ''] = /<table class="matrices"(.*?)<\/table>/s.exec(section) ?? [];
    expect(matrices.match(/<tr><th scope="row">/g)).toHaveLength(448);
    expect(Buffer.byteLength(section)).toBeLessThan(300_000);
    for (const width of [1100, 400]) {
      const { problems, layoutShift, sidewaysScroll } = await browser.open(page, { width });
      expect([await layoutShift(), await sidewaysScroll(), problems]).toEqual([0, 0, []]);
    }
  });
});
