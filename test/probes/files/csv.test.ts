import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/platform/user-error.ts';
import { readCsv } from '../../../src/probes/files/csv.ts';
import { readLines } from '../../../src/probes/files/lines.ts';
import { readProbeFile } from '../../../src/probes/files/read.ts';
import { temporaryFolder } from '../../fixtures.ts';

function records(text: string) {
  return readCsv(readLines(Buffer.from(text), 'my.csv'), 'my.csv').map(({ line, fields }) => ({ line, ...fields }));
}

async function items(text: string) {
  const file = join(temporaryFolder(), 'my.csv');
  writeFileSync(file, text);
  return (await readProbeFile(file, { seed: 1 })).items;
}

describe('a CSV probe file', () => {
  it('may have quotes, line ends in quotes, empty lines, CRLF and a byte order mark', () => {
    const text = '\uFEFFquestion,choice0,choice1,answer,\r\n"a ""b"",\r\nc",1,"2,0",1,x\r\n\r\n\r\n d ,1,2, 0 ,\r\n';
    expect(records(text)).toEqual([
      { line: 2, question: 'a "b",\nc', choices: ['1', '2,0'], answer: 1, '': 'x' },
      { line: 6, question: ' d ', choices: ['1', '2'], answer: 0 },
    ]);
  });

  it('may have its choices in numbered columns, in lettered columns, or in a list', () => {
    expect(records('question,answer,choice1,choice0\nq,y,y,x')).toMatchObject([{ choices: ['x', 'y'], answer: 'y' }]);
    expect(records('question,A,B,C,answer\nq,x,y,,B')).toMatchObject([{ choices: ['x', 'y'], answer: 'B' }]);
    expect(records('question,choices,answer\nq,"[""x"",""y""]",1')).toMatchObject([{ choices: ['x', 'y'], answer: 1 }]);
    expect(records('question,A,answer\nq,x,y')).toEqual([{ line: 2, question: 'q', A: 'x', answer: 'y' }]);
  });

  it('reads a whole number as an index, even if it is also a choice', async () => {
    const [benchmark] = await items('question,choice0,choice1,choice2,answer\nHow many?,2,1,0,2');
    expect(benchmark?.question).toMatchObject({ answer: 2 });
  });

  it('may have questions with a final answer, or pairs', async () => {
    const exact = await items('id,question,answer\np1,"How, many?","1 + 1\n#### 2"\n,Who?,Al');
    expect(exact.map(({ id }) => id).filter((id) => !id.endsWith('.distracted'))).toEqual([
      'p1',
      'p1.restyled',
      'my:4',
      'my:4.restyled',
    ]);
    const header = 'id,capability,form,twin_of,prompt,choice0,choice1,answer,target\n';
    const pairs = await items(`${header}b,c,benchmark,,P,x,y,1,\nt,c,twin,b,Q,,,,y\n`);
    expect(pairs.map(({ fact, question }) => [fact, question])).toEqual([
      ['b', { kind: 'choice', choices: ['x', 'y'], answer: 1, scoring: 'raw' }],
      ['b', { kind: 'exact', target: 'y' }],
    ]);
  });

  const header = 'question,choice0,choice1,answer';
  it.each<[string, string, RegExp]>([
    [
      'a missing header',
      'What is it?,a,b,0\n',
      /^my\.csv:1: the header has neither "question" nor "prompt" — begin with/,
    ],
    ['another delimiter', 'question;answer\na;1', /:1: the header has neither/],
    ['a column twice', 'question,answer,question\na,1,b', /:1: the header has "question" twice/],
    [
      'choices in two kinds of columns',
      'question,A,B,choice0,choice1,answer\n',
      /:1: choices both in "choice0" and in "A"/,
    ],
    ['choices that are numbered from 1', 'question,choice1,choice2,answer\n', /:1: the header has no "choice0"/],
    ['a missing letter', 'question,A,B,D,answer\n', /:1: the header has no "C"/],
    [
      'a row with a cell too many',
      `${header}\n\n"a\nb",1,2,0\na,b,1,2,0`,
      /:5: 5 columns, but the header has 4 — .*comma/,
    ],
    ['a row with a cell too few', `${header}\na,1,2`, /:2: 3 columns, but the header has 4/],
    [
      'a quote inside a cell',
      `${header}\na,1,2,0\na "b" c,1,2,0`,
      /:3: a quote inside a field that does not begin with one/,
    ],
    ['a quote that ends early', `${header}\n"a" b,1,2,0`, /:2: text after the closing quote/],
    ['a quote that is never closed', `${header}\na,1,2,0\n\n"a,1,2,0\na,1,2,0\n`, /:4: a quote that is never closed/],
    ['a row that never ends', `${header}\n"${'a\n'.repeat(600_000)}",1,2,0`, /:2: more than 1048576 bytes in one row/],
    ['a gap between choices', `${header}\na,,2,0`, /:2: choices: choice 0 is empty/],
    [
      'a list that is not JSON',
      "question,choices,answer\nq,['x' 'y'],0",
      /:2: choices: "\['x' 'y'\]" is not a JSON list/,
    ],
  ])('is refused with the line of %s', (_, text, pattern) => {
    expect(() => records(text)).toThrow(pattern);
    expect(() => records(text)).toThrow(UserError);
  });

  it.each<[string, string, RegExp]>([
    ['an empty question', `${header}\na,1,2,0\n,1,2,0`, /my\.csv:3: question: is empty/],
    ['an empty answer', `${header}\na,1,2,`, /my\.csv:2: answer: is missing/],
    ['a single choice', `${header}\na,1,,0`, /my\.csv:2: choices: fewer than two/],
    ['an index out of range', `${header}\na,1,2,2`, /my\.csv:2: answer: 2 is out of range/],
    ['a file without rows', header, /my\.csv has no records/],
  ])('is refused by its fields, with the line of %s', async (_, text, pattern) => {
    await expect(items(text)).rejects.toThrow(pattern);
  });
});
