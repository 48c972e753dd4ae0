import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { StoredFact } from '../../../src/compare/rows/item-table.ts';
import { describeInBrowser, reportBrowser } from './browser.ts';
import { itemFacts, itemPage, shownItemIds } from './item-page.ts';

const PAGE = itemPage(itemFacts(60));

/** Ids of the items that are open. */
const opened = (page: Page) =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('table.items details[open]')].map((fold) => fold.querySelector('summary code').textContent)`,
  );
const focused = (page: Page) => page.evaluate<string>('document.activeElement.textContent');
/** Whether the title of an item is within the window and its own box, below both heads that stay in view. */
const isInSight = (page: Page, id: string) =>
  page.evaluate<boolean>(`(() => {
    const title = [...document.querySelectorAll('table.items tbody tr')].find((row) => row.querySelector('code').textContent === '${id}').cells[0];
    const { left, top, bottom } = title.getBoundingClientRect();
    return title.contains(document.elementFromPoint(left + 4, (top + bottom) / 2));
  })()`);

describeInBrowser('a link to an item', () => {
  const browser = reportBrowser();

  it.each([
    ['1100', true],
    ['400', true],
    ['1100', false],
  ])('opens it and shows it, at %s pixels, with scripts: %s', async (width, javaScript) => {
    const { page, problems } = await browser.open(PAGE, { width: Number(width), javaScript, hash: '#item-q41' });
    expect(await opened(page)).toEqual(['q41']);
    await expect.poll(() => isInSight(page, 'q41')).toBe(true);
    expect(problems).toEqual([]);
  });

  it('shows it although a filter hides it, also when the page is open already', async () => {
    const { page } = await browser.open(PAGE);
    await page.getByLabel('Search').fill('no such text');
    await page.getByLabel('only flips').check();
    expect(await shownItemIds(page)).toEqual([]);
    await page.evaluate(`location.hash = '#item-q7'`);
    await expect.poll(() => isInSight(page, 'q7')).toBe(true);
    expect(await shownItemIds(page)).toHaveLength(60);
    expect(await page.getByLabel('only flips').isChecked()).toBe(false);
    expect(await page.getByRole('status').textContent()).toBe('60 of 60 facts');
  });

  it('is offered inside of the item, once, and can be copied', async () => {
    const { page } = await browser.open(PAGE);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const row = page.locator('table.items tbody tr').nth(2);
    for (let i = 0; i < 3; i += 1) await row.locator('summary').click();
    const link = row.getByRole('link');
    await link.click();
    await expect.poll(() => link.textContent()).toBe('Link copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(page.url());
    expect(page.url()).toMatch(/\.html#item-q2$/);
    expect(await opened(page)).toEqual(['q2']);
  });

  it('is one of its own for each item, whatever the ids are', async () => {
    const ids = ['a b', 'a b', 'ü/"<\'>', '例', '%41', 'A', '\ud800', '.', '#'];
    const facts = itemFacts(ids.length).map(
      (fact, i): StoredFact => ({ ...fact, id: ids[i] ?? '', part: i === 1 ? 1 : 0 }),
    );
    const html = itemPage(facts);
    const { page } = await browser.open(html);
    const anchors = await page.evaluate<string[]>(
      `[...document.querySelectorAll('table.items [id]')].map(({ id }) => id)`,
    );
    expect(new Set(anchors).size).toBe(ids.length);
    expect(anchors.slice(0, 4)).toEqual([
      ...['item-a%20b/builtin', 'item-a%20b/mmlu.csv', "item-%C3%BC%2F%22%3C'%3E", 'item-%E4%BE%8B'],
    ]);
    for (const [i, anchor] of anchors.entries()) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#${anchor}`)}`);
      await expect
        .poll(() =>
          page.evaluate(`[...document.querySelectorAll('table.items details')].findIndex(({ open }) => open)`),
        )
        .toBe(i);
    }
  });
});

describeInBrowser('the keys of the items', () => {
  const browser = reportBrowser();
  const open = async () => (await browser.open(PAGE)).page;

  it('open the next and the previous item, and close the one before', async () => {
    const page = await open();
    for (const [key, id] of [
      ['j', 'q0'],
      ['n', 'q1'],
      ['j', 'q2'],
      ['k', 'q1'],
      ['p', 'q0'],
      ['k', 'q0'],
    ] as const) {
      await page.keyboard.press(key);
      expect(await opened(page), key).toEqual([id]);
      expect(await focused(page)).toContain(id);
      expect(await isInSight(page, id)).toBe(true);
      expect(page.url()).toMatch(new RegExp(`#item-${id}$`));
    }
    // Where the keyboard is can be seen.
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  });

  it('go through what is shown, in the order that is shown, and stop at both ends', async () => {
    const page = await open();
    await page.getByLabel('only flips').check();
    const ids = await shownItemIds(page);
    expect(ids).toHaveLength(5);
    for (const id of [...ids, ids.at(-1)]) {
      await page.keyboard.press('j');
      expect(await opened(page)).toEqual([id]);
    }
    await page.getByRole('button', { name: 'Δ margin, exam' }).click();
    await page.getByRole('button', { name: 'Δ margin, exam' }).click();
    // 50 is the first now, and the others follow.
    await page.keyboard.press('j');
    expect(await opened(page)).toEqual(['q40']);
  });

  it('write into a field what is typed there, and leave combinations to the browser', async () => {
    const page = await open();
    await page.keyboard.press('/');
    await page.keyboard.type('jnkp?/');
    expect(await page.getByLabel('Search').inputValue()).toBe('jnkp?/');
    await page.getByLabel('Search').fill('');
    await page.locator('[data-filter="form"]').focus();
    await page.keyboard.press('n');
    await page.locator('h1').click();
    for (const keys of ['Control+j', 'Alt+k', 'Meta+p']) await page.keyboard.press(keys);
    expect(await opened(page)).toEqual([]);
  });

  it('are named by a question mark or a button, and can be turned off', async () => {
    const page = await open();
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await page.keyboard.press('?');
    expect(await dialog.isVisible()).toBe(true);
    await page.keyboard.press('j');
    expect(await opened(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keys' }).click();
    await dialog.getByLabel('these keys work').uncheck();
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await dialog.isVisible()).toBe(false);
    for (const key of ['j', 'n', '/', '?']) await page.keyboard.press(key);
    expect(await opened(page)).toEqual([]);
    expect(await dialog.isVisible()).toBe(false);
  });
});

describeInBrowser('the CSV of the items', () => {
  const browser = reportBrowser();

  /** What the button saves, as another program reads it. */
  async function saved(page: Page): Promise<{ name: string; rows: Record<string, string>[] }> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.item-tools').getByRole('button', { name: 'CSV' }).click(),
    ]);
    const text = readFileSync(await download.path(), 'utf8');
    return {
      name: download.suggestedFilename(),
      rows: parse(text, { bom: true, columns: true, record_delimiter: '\r\n' }),
    };
  }

  it('has a line for each form, with prompts, answers and margins', async () => {
    const { page, problems } = await browser.open(PAGE);
    const { name, rows } = await saved(page);
    expect(name).toBe('shadow-gate-items.csv');
    expect(rows).toHaveLength(3 * 60);
    expect(rows[9]).toEqual({
      ...{
        id: 'q3',
        suite: 'builtin',
        capability: 'recall',
        family: 'records',
        flip: '',
        form: 'exam',
        'takes part': 'true',
      },
      ...{ prompt: 'What is 3 plus 3?\nAnswer:', 'right answer': '6' },
      ...{ 'baseline answer': '6', 'baseline is right': 'true', 'baseline margin': '0' },
      ...{ 'candidate answer': 'no idea', 'candidate is right': 'false', 'candidate margin': '3' },
    });
    expect(rows[61]).toMatchObject({
      id: 'q20',
      suite: 'mmlu.csv',
      family: 'sums',
      flip: 'flip',
      'candidate margin': '-2',
    });
    // The same prompt as that of the exam, which the page has once.
    expect(rows[2]).toMatchObject({
      form: 'other formats',
      'takes part': 'false',
      prompt: 'What is 0 plus 0?\nAnswer:',
    });
    expect(problems).toEqual([]);
  });

  it('has what is shown, in its order', async () => {
    const { page } = await browser.open(PAGE);
    await page.getByLabel('only flips').check();
    await page.getByRole('button', { name: 'Δ margin, exam' }).click();
    await page.getByRole('button', { name: 'Δ margin, exam' }).click();
    const ids = await shownItemIds(page);
    expect([...new Set((await saved(page)).rows.map(({ id }) => id))]).toEqual(ids);
  });

  it('runs nothing in a spreadsheet, and keeps quotes and line ends', async () => {
    const evil = '=HYPERLINK("https://evil.example","x"),\n"quoted"';
    const [fact] = itemFacts(1);
    const item: StoredFact['items'][number] = [0, evil, '@SUM(A1)', '+1', '-2+3', 1, 0, 1, -0.5];
    const { page } = await browser.open(itemPage([{ ...(fact as StoredFact), id: '=1+1', items: [item] }]));
    const { rows } = await saved(page);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      ...{ id: "'=1+1", prompt: `'${evil}`, 'right answer': "'@SUM(A1)" },
      ...{ 'baseline answer': '+1', 'candidate answer': "'-2+3", 'candidate margin': '-0.500' },
    });
  });
});
