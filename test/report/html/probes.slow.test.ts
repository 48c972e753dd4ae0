import { expect, it } from 'vitest';
import { renderHtml } from '../../../src/report/html/report.ts';
import { HOSTILE_NAMES, probeReport, report } from '../fixtures.ts';
import { describeInBrowser, reportBrowser } from './browser.ts';
import { contrastsOf } from './contrast.ts';
import { itemFacts, itemPage, shownItemIds } from './item-page.ts';

const SMALL = itemPage(itemFacts(60));

const numbers = (of: readonly number[]) => of.map((i) => `q${i}`);
const all = Array.from({ length: 60 }, (_, i) => i);

describeInBrowser('the list of items in a browser', () => {
  const browser = reportBrowser();
  const open = async (html = SMALL, view = {}) => (await browser.open(html, view)).page;

  it('is filtered by suite, capability, form, flips and wrong answers, and says how many are shown', async () => {
    const page = await open();
    const tools = page.locator('.item-tools');
    await tools.getByLabel('Suite').selectOption({ label: 'mmlu.csv' });
    expect(await shownItemIds(page)).toEqual(numbers(all.filter((i) => i % 3 > 0)));
    await tools.getByLabel('Capability').selectOption({ label: 'recall' });
    expect(await shownItemIds(page)).toEqual(numbers(all.filter((i) => i % 3 === 1)));
    expect(await tools.getByRole('status').textContent()).toBe('20 of 60 facts');
    await tools.getByLabel('Suite').selectOption({ label: 'all' });
    await tools.getByLabel('Capability').selectOption({ label: 'all' });
    await tools.getByLabel('only flips').check();
    expect(await shownItemIds(page)).toEqual(numbers([0, 20, 30, 40, 50]));
    await tools.getByLabel('Form').selectOption({ label: 'exam' });
    expect(await shownItemIds(page)).toEqual([]);
    await tools.getByLabel('only flips').uncheck();
    await tools.getByLabel('only wrong').check();
    expect(await shownItemIds(page)).toEqual(numbers(all.filter((i) => i % 7 === 3)));
  });

  it('is searched for all words, in prompts and answers too', async () => {
    const page = await open();
    const search = page.getByLabel('Search');
    await search.fill('17 plus');
    expect(await shownItemIds(page)).toEqual(['q17']);
    await search.fill('IDEA no reasoning');
    expect(await shownItemIds(page)).toEqual(numbers(all.filter((i) => i % 7 === 3 && i % 3 === 2)));
    await search.fill('');
    expect(await shownItemIds(page)).toHaveLength(60);
  });

  it('is sorted by a click up, down, and back to the order of the report', async () => {
    const page = await open();
    const head = page.locator('table.items th', { hasText: 'Δ margin, exam' });
    const states: [string, number[]][] = [
      ['ascending', all],
      ['descending', all.toReversed()],
      ['none', all],
    ];
    for (const [state, order] of states) {
      await head.getByRole('button').click();
      expect(await head.getAttribute('aria-sort')).toBe(state);
      expect(await shownItemIds(page)).toEqual(numbers(order));
    }
    // Numbers in questions count as numbers: q2 is before q10.
    await page.getByRole('button', { name: 'question' }).click();
    expect((await shownItemIds(page)).slice(0, 3)).toEqual(['q0', 'q1', 'q2']);
    expect(await head.getAttribute('aria-sort')).toBe('none');
  });

  it('is sorted and filtered by the keyboard alone', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'other forms', exact: true }).focus();
    await page.keyboard.press('Enter');
    // Lost twins first.
    expect((await shownItemIds(page)).slice(0, 6)).toEqual(numbers([0, 10, 20, 30, 40, 50]));
    await page.getByLabel('only wrong').focus();
    await page.keyboard.press('Space');
    await page.locator('[data-filter="form"]').focus();
    await page.keyboard.press('e');
    expect(await shownItemIds(page)).toEqual(numbers([10, ...all.filter((i) => i % 7 === 3 && i !== 10)]));
  });

  it('folds out both forms with both answers, also without scripts', async () => {
    for (const javaScript of [true, false]) {
      const page = await open(SMALL, { javaScript });
      const row = page.locator('table.items tbody tr').first();
      expect(await row.locator('pre').first().isVisible()).toBe(false);
      await row.locator('summary').click();
      expect(await row.locator('.cards > div').count()).toBe(3);
      expect(await row.locator('.cards > div').nth(1).textContent()).toMatch(
        /no options[\s\S]*0 and 0 are[\s\S]*candidate many/,
      );
      expect(await page.locator('.item-tools').isVisible()).toBe(javaScript);
      expect(await shownItemIds(page)).toHaveLength(60);
    }
  });

  it.each([1100, 400])('moves nothing by itself at %i pixels, and stays within the page', async (width) => {
    const { page, problems, layoutShift, sidewaysScroll } = await browser.open(SMALL, { width });
    expect(await layoutShift()).toBe(0);
    await page.locator('table.items summary').first().click();
    await page.getByRole('button', { name: 'question' }).click();
    expect(await sidewaysScroll()).toBe(0);
    expect(problems).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has text that stands out from what is behind it, %s', async (colorScheme) => {
    const page = await open(SMALL, { colorScheme });
    const faint = (await contrastsOf(page)).filter(({ ratio, least }) => ratio < least);
    expect(faint).toEqual([]);
  });

  it('is a table for a screen reader, with names for its columns, rows and controls', async () => {
    const page = await open();
    const tree = await page.locator('#probes').ariaSnapshot();
    expect(tree).toContain('table "Items"');
    expect(tree).toContain('columnheader "exam"');
    expect(tree).toContain('rowheader "flip What is 0 plus 0?"');
    expect(tree).toContain('searchbox "Search"');
    expect(tree).toContain('combobox "Capability"');
  });

  it('filters 2,000 facts within 100 ms, layout included', async () => {
    const short = itemFacts(2000).map((fact) => ({ ...fact, items: fact.items.slice(0, 1) }));
    const page = await open(itemPage(short));
    const count = await page.locator('table.items tbody tr').count();
    expect(count).toBeGreaterThan(1700);
    const times = await page.evaluate<number[]>(`(() => {
      const search = document.querySelector('[data-filter="search"]');
      return ['plus', 'plus 7', 'plus 77', '', 'many'].map((text) => {
        const start = performance.now();
        search.value = text;
        search.dispatchEvent(new Event('input'));
        document.body.getBoundingClientRect();
        return performance.now() - start;
      });
    })()`);
    // The first reads all rows; a machine that does other things as well may need twice the time once.
    expect(times.slice(1).toSorted((a, b) => a - b)[1]).toBeLessThan(100);
  });

  it('is inert with hostile names, sorted and filtered', async () => {
    for (const name of HOSTILE_NAMES.filter((own) => own.length < 1000 && /[<&]/.test(own))) {
      const own = probeReport(name);
      const { page, problems, sidewaysScroll } = await browser.open(renderHtml(report({ probes: own })), {
        width: 400,
      });
      await page.getByLabel('only flips').check();
      for (const button of await page.locator('table.items thead button').all()) await button.click();
      await page.locator('table.items summary').first().click();
      expect(await page.locator('script').count()).toBe(1);
      expect(await sidewaysScroll()).toBe(0);
      expect(problems).toEqual([]);
      await page.context().close();
    }
  });
});
