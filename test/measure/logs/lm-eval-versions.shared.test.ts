import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readLmEval } from '@shadow-gate/harness';
import { readProbeFile } from '@shadow-gate/probes/files';
import { describe, expect, it } from 'vitest';
import { pairBenchmarks } from '../../../src/compare/benchmarks/pair.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { fixture, readJson } from '../../fixtures.ts';

type Row = Readonly<Record<string, number | string>>;

function rowsOf(folder: string): [string, string, number | string][] {
  const name = readdirSync(folder).find((file) => /^results.*\.json$/.test(file)) ?? '';
  const { results } = readJson<{ results: Record<string, Row> }>(join(folder, name));
  return Object.entries(results).flatMap(([task, row]) =>
    Object.entries(row).flatMap(([key, value]): [string, string, number | string][] =>
      key.includes(',') ? [[task, key, value]] : [],
    ),
  );
}

describe.each(['0.4.2', '0.4.13'])('files that lm-evaluation-harness %s wrote', (version) => {
  const answers = fixture('lm-eval-versions', version, 'answers');

  it('have the values and standard errors of the results file, to the last digit', async () => {
    const { tasks } = await readLmEval(answers);
    const read = new Map<string, number | null>(
      tasks.flatMap(({ name, metrics }) =>
        metrics.flatMap(({ metric, filter, value, stderr }) => [
          [`${name} ${metric},${filter}`, value] as const,
          [`${name} ${metric}_stderr,${filter}`, stderr] as const,
        ]),
      ),
    );
    const rows = rowsOf(answers);
    expect(rows.length).toBeGreaterThanOrEqual(12);
    for (const [task, key, value] of rows) {
      expect(read.get(`${task} ${key}`), `${task} ${key}`).toBe(value === 'N/A' ? null : value);
    }
    expect(tasks.every(({ documents }) => documents?.length === 3)).toBe(true);
  });

  it('know what luck has: one of four choices where mutual information asks eight times, two of four where two are right', async () => {
    const read = await readLmEval(answers);
    const { tasks } = pairBenchmarks(read, read);
    expect(Object.fromEntries(tasks.map(({ name, chance }) => [name, chance]))).toEqual({
      sg_mutual: 0.25,
      sg_several: 0.5,
      sg_texts: 0,
      sg_rolling: 0,
    });
    expect(read.tasks.find(({ name }) => name === 'sg_mutual')?.documents?.[0]?.logprobs).toHaveLength(8);
  });

  it('may be of a run for predictions alone, which is measured and has nothing to judge', async () => {
    const { benchmarks } = await measureLogs({
      kind: 'lm-eval',
      path: fixture('lm-eval-versions', version, 'predictions'),
    });
    const tasks = benchmarks?.tasks ?? [];
    expect(tasks.map(({ name, documents }) => [name, documents?.length]).sort()).toEqual([
      ['sg_mutual', 3],
      ['sg_rolling', 3],
      ['sg_several', 3],
      ['sg_texts', 3],
    ]);
    const names = new Set(tasks.flatMap(({ metrics }) => metrics.map(({ metric }) => metric)));
    expect([...names].filter((name) => name !== 'bypass')).toEqual([]);
  });
});

describe('samples of 0.4.2 as a probe file', () => {
  const list = fixture('lm-eval-versions', '0.4.2', 'answers', 'pretrained__model,dtype__float32_sg_mutual.jsonl');

  it('are read, though they are one list in a file that is called JSONL', async () => {
    const { items } = await readProbeFile(list, { seed: 1 });
    const asked = items.filter(({ form }) => form === 'benchmark');
    expect(asked.map(({ prompt }) => prompt)).toEqual(
      ['France', 'Italy', 'Spain'].map((land) => `The capital of ${land} is`),
    );
  });
});
