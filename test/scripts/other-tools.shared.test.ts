import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTaskSuite } from '@shadow-gate/probes/tasks';
import { expect, it } from 'vitest';
import { drawPassages, TASK_NAME, taskYaml } from '../../scripts/bench/other-tools/passages.ts';
import { type Cell, openResults } from '../../scripts/bench/other-tools/results.ts';
import { differences } from '../../scripts/bench/other-tools/scores.ts';
import { tablesOf } from '../../scripts/bench/other-tools/table.ts';
import { readJson, temporaryFolder } from '../fixtures.ts';

const contestant = (name: string, seconds: readonly number[], processorSeconds: readonly number[]) => ({
  name,
  seconds,
  processorSeconds,
  startSeconds: name === 'ours' ? 1 : 8,
  mebibytes: name === 'ours' ? 90 : 100.4,
});
const time = {
  kind: 'time',
  model: 'm',
  gigaflops: 200,
  contestants: [contestant('ours', [2, 9, 3], [4, 4, 4]), contestant('theirs', [6, 5, 60], [8, 8, 8])],
} as const;
const task = { kind: 'task', model: 'm', start: { seconds: 2, processorSeconds: 3 }, mebibytes: 50 } as const;
const CELLS: Readonly<Record<string, Cell>> = {
  again: { ...time, work: 'the same again', parts: false },
  parts: { ...time, work: 'in parts', parts: true },
  scores: {
    kind: 'scores',
    model: 'm',
    reference: 'transformers',
    tokens: 7,
    contestants: [{ name: 'ours', mean: 0.00012, most: 0.0021 }],
  },
  own: { ...task, name: 'measure', seconds: 12, processorSeconds: 13, right: [true, false, true] },
  other: { ...task, name: 'lm_eval', seconds: 42, processorSeconds: 63, right: [true, true, false] },
};

it('makes tables of what was kept: medians of repetitions, sums of parts, and answers one by one', () => {
  const path = join(temporaryFolder(), 'results.json');
  writeFileSync(path, JSON.stringify(CELLS));
  const tables = tablesOf(openResults(path).cells()).replaceAll(/ +/g, ' ');
  expect(tables).toContain(
    '| m | the same again | theirs | 6.00 s, 3.00 s | 2.00 | 2.00 | 8.00 s, 1.00 s | 100 MiB, 90 MiB | 200 |',
  );
  expect(tables).toContain(
    '| m | in parts | theirs | 71.0 s, 14.0 s | 5.07 | 2.00 | 8.00 s, 1.00 s | 100 MiB, 90 MiB | 200 |',
  );
  expect(tables).toContain('| m | 7 | transformers | ours | 1.2e-4 | 2.1e-3 |');
  expect(tables).toContain('| m | measure | 12.0 s | | 10.0 s | | | 50 MiB | 2 of 3 | |');
  expect(tables).toContain('| m | lm_eval | 42.0 s | 3.50 | 40.0 s | 4.00 | 6.00 | 50 MiB | 2 of 3 | 2 |');
});

it('measures what is not kept, once, and keeps it', async () => {
  const path = join(temporaryFolder(), 'results.json');
  writeFileSync(path, JSON.stringify({ own: CELLS.own }));
  const asked: string[] = [];
  for (const key of ['own', 'other', 'other']) {
    await openResults(path).measure(key, async () => {
      asked.push(key);
      return { ...task, name: key, seconds: 1, processorSeconds: 1, right: [] };
    });
  }
  expect(asked).toEqual(['other']);
  expect(Object.keys(readJson<object>(path))).toEqual(['own', 'other']);
});

it('finds the largest and the mean difference of a token, whatever its sign', () => {
  const expected = [[[-1, -2], [-3]]];
  expect(differences([[[-1, -2.5], [-2.9]]], expected)).toEqual({ tokens: 3, mean: expect.closeTo(0.2), most: 0.5 });
});

it('asks passages without twins, since lm_eval asks no twins either', async () => {
  const folder = temporaryFolder();
  const passages = drawPassages(20);
  const data = join(folder, 'passages.jsonl');
  const path = join(folder, `${TASK_NAME}.yaml`);
  writeFileSync(data, passages.map((passage) => `${JSON.stringify(passage)}\n`).join(''));
  writeFileSync(path, taskYaml(data));
  const { items } = await readTaskSuite(path, path, { seed: 1 });
  expect(items.map(({ prompt, form }) => ({ prompt, form }))).toEqual(
    passages.map(({ passage }) => ({ prompt: passage, form: 'benchmark' })),
  );
  for (const { passage, options, right } of passages) {
    const thing = /Where is the (.*)\?/.exec(passage)?.[1];
    expect(passage).toContain(`put the ${thing} into the ${options[right]} `);
    expect(new Set(options).size).toBe(4);
  }
});
