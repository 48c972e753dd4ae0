import { describe, expect, it } from 'vitest';
import { drawn, fold, numberColumns, section, series, type Table } from '../../../src/report/document/block.ts';
import { drawTableHtml, tableNotes } from '../../../src/report/render/html/draw.ts';
import { drawMarkdown } from '../../../src/report/render/markdown/draw.ts';
import { fitted } from '../../../src/report/render/markdown/fit.ts';
import { drawTable } from '../../../src/report/render/terminal/draw.ts';
import { name } from '../../../src/report/text/phrase.ts';

const TERMINAL = { color: false, width: 120 };
const table: Table = {
  kind: 'table',
  title: 'Suites',
  columns: [{ head: 'suite' }, ...numberColumns('items'), { head: 'page', media: ['page'] }],
  rows: [
    [[name('a|b<i>')], '1,200', 'only'],
    [[name('c')], '7', 'there'],
  ],
  most: { comment: 1, terminal: 1 },
  notes: (more) => [`${more} hidden`],
};

describe('a table', () => {
  it('is drawn in every medium, with foreign names escaped', () => {
    expect(drawMarkdown(table)).toBe(
      '| suite | items |\n| :- | -: |\n| <code>a&#124;b&#60;i&#62;</code> | 1,200 |\n\n<sub>1 hidden</sub>\n\n<sub>and 1 more in report.json</sub>',
    );
    expect(drawTable(table, TERMINAL)).toBe(
      '  suite   items\n  ─────────────\n  a|b<i>  1,200\n  and 1 more in the JSON report\n  1 hidden',
    );
    const page = drawTableHtml(table, '').text;
    expect(page).toContain(
      '<th scope="row"><code>a|b&#60;i&#62;</code></th><td class="number">1,200</td><td>only</td>',
    );
    expect(page).toContain('<td>there</td>');
    expect(tableNotes(table, '').text).toBe('<p class="note">0 hidden</p>');
  });

  it('is nothing without rows, and in a medium that shows none of its columns', () => {
    const ofPage = { ...table, columns: table.columns.map((column) => ({ ...column, media: ['page'] as const })) };
    for (const empty of [{ ...table, rows: [] }, ofPage]) {
      expect(drawMarkdown(empty)).toBe('');
      expect(drawTable(empty, TERMINAL)).toBe('');
    }
    expect(drawTableHtml({ ...table, rows: [] }, '').text).toBe('');
  });
});

describe('a page that is too long', () => {
  const blocks = [
    section(2, [drawn('heavy')]),
    fold('Details', [section(0, [drawn('light '.repeat(40))])]),
    ...series(1, [drawn('first'), drawn('last')]),
  ];
  const upTo = (length: number) =>
    fitted({ blocks, ending: '', marker: '', docs: '' }, (text) => text.length <= length);

  it('loses its lightest sections first, and folds that are empty then', () => {
    expect(upTo(1000)).toContain('<details><summary>Details</summary>\n\nlight');
    expect(upTo(100)).toMatch(/^heavy\n\nfirst\n\nlast\n\nSome details/);
    expect(upTo(80)).toMatch(/^heavy\n\nfirst\n\nSome details/);
    expect(upTo(0)).toMatch(/^Some details/);
  });
});
