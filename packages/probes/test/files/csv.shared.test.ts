import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { readCsv } from '../../src/files/formats/csv.ts';
import { readLines } from '../../src/files/formats/lines.ts';
import { readProbeFile } from '../../src/files/read.ts';

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
      { line: 2, question: 'a "b",\nc', choices: ['1', '2,0'], answer: '1', '': 'x' },
      { line: 6, question: ' d ', choices: ['1', '2'], answer: ' 0 ' },
    ]);
  });

  it('may have its choices in numbered columns, in lettered columns, or in a list', () => {
    expect(records('question,answer,choice1,choice0\nq,y,y,x')).toMatchObject([{ choices: ['x', 'y'], answer: 'y' }]);
    expect(records('question,A,B,C,answer\nq,x,y,,B')).toMatchObject([{ choices: ['x', 'y'], answer: 'B' }]);
    expect(records('question,choices,answer\nq,"[""x"",""y""]",1')).toMatchObject([
      { choices: ['x', 'y'], answer: '1' },
    ]);
    expect(records('question,A,answer\nq,x,y')).toEqual([{ line: 2, question: 'q', A: 'x', answer: 'y' }]);
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

  describe('with whole numbers as answers', () => {
    const head = 'question,choice0,choice1,choice2,choice3,answer\n';
    const read = async (rows: string) => {
      const file = join(temporaryFolder(), 'my.csv');
      writeFileSync(file, head + rows);
      const { items, warnings } = await readProbeFile(file, { seed: 1 });
      const exams = items.filter(({ form }) => form === 'benchmark');
      return {
        right: exams.map(({ question }) => (question.kind === 'choice' ? question.answer : null)),
        warnings: warnings.map((warning) => warning.replace(file, 'my.csv')),
      };
    };

    it.each<[string, string, number[]]>([
      ['indexes, if all of them are', 'How many?,3,1,2,0,2\nWho?,Al,Bo,Cy,Di,1\n', [2, 1]],
      ['texts, if one of them is no index and all are choices', 'How many?,3,1,2,0,2\n7+8?,14,15,16,17,15\n', [2, 1]],
      ['texts below zero', 'How many?,3,1,2,0,1\n2-3?,1,0,-1,-2,-1\n', [1, 2]],
      ['texts, if the other answers are texts', 'How many?,3,1,2,0,3\nWho?,Al,Bo,Cy,Di,Cy\n', [0, 2]],
      ['indexes, if letters are there too', 'Where?,3 m,1 m,2 m,0 m,3\nWho?,Al,Bo,Cy,Di,C\n', [3, 2]],
      ['indexes that are the texts at their places', '1-1?,0,1,2,3,0\n1+2?,0,1,2,3,3\n', [0, 3]],
    ])('are %s', async (_, rows, right) => {
      expect(await read(rows)).toEqual({ right, warnings: [] });
    });

    it('are indexes with a warning, if they could all be texts, of other choices', async () => {
      expect(await read('How many?,0,1,2,3,3\n1+1?,3,2,1,0,2\n2+1?,1,2,3,0,3\n')).toEqual({
        right: [3, 2, 3],
        warnings: [
          'my.csv: answers are read as indexes from 0, but each is also the text of a choice, of another one in ' +
            '2 of 3 rows, the first in line 3: if texts are meant, give letters',
        ],
      });
    });

    it.each<[string, string, RegExp]>([
      [
        'that could be a text, among texts and indexes',
        'Who?,Al,Bo,Cy,Di,Cy\nWhat?,a,b,c,d,2\n1+1?,3,2,1,0,2\n',
        /:4: answer: "2" can be the index of "1" or the text of a choice — give the letter of the choice, C or B/,
      ],
      [
        'that could be a text, among letters',
        'Who?,Al,Bo,Cy,Di,C\n1+1?,3,2,1,0,2\n',
        /:3: answer: "2" can be the index of "1"/,
      ],
      ['that is out of range', 'Who?,Al,Bo,Cy,Di,1\n1+1?,3,2,1,0,2\n3+2?,3,4,6,7,5\n', /:4: answer: 5 is out of range/],
      [
        'that is not among the numbers',
        '7+7?,14,15,16,17,14\n7+8?,14,15,16,17,15\n7+9?,14,15,16,17,26\n',
        /:4: answer: "26" is not one of the choices/,
      ],
    ])('are refused with the line of one %s', async (_, rows, message) => {
      await expect(read(rows)).rejects.toThrow(UserError);
      await expect(read(rows)).rejects.toThrow(message);
    });
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
    ['a list that is not JSON', "question,choices,answer\nq,['x' 'y,0", /:2: choices: "\['x' 'y" is not a JSON list/],
  ])('is refused with the line of %s', (_, text, pattern) => {
    expect(() => records(text)).toThrow(pattern);
    expect(() => records(text)).toThrow(UserError);
  });

  it.each<[string, string, RegExp]>([
    ['an empty question', `${header}\na,1,2,0\n,1,2,0`, /my\.csv:3: question: is empty/],
    ['an empty answer', `${header}\na,1,2,`, /my\.csv:2: answer: is missing/],
    ['a single choice', `${header}\na,1,,0`, /my\.csv:2: choices: fewer than two/],
    ['an index out of range', `${header}\na,x,y,2`, /my\.csv:2: answer: 2 is out of range/],
    ['a file without rows', header, /my\.csv has no records/],
  ])('is refused by its fields, with the line of %s', async (_, text, pattern) => {
    await expect(items(text)).rejects.toThrow(pattern);
  });
});
