import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLighteval } from '@shadow-gate/harness';
import type { Benchmarks } from '@shadow-gate/harness/benchmarks';
import { readParquetFile } from '@shadow-gate/platform/parquet';
import { describe, expect, it } from 'vitest';
import { type LightevalDetails, toDetails } from '../../../packages/harness/src/lighteval/details.ts';
import { lightevalLogs } from '../../../packages/harness/test/lighteval-fixture.ts';
import { pairedCounts } from '../../../src/compare/benchmarks/outcomes.ts';
import { pairBenchmarks } from '../../../src/compare/benchmarks/pair.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { fixture, readJson } from '../../fixtures.ts';

/**
 * Logs that lighteval 0.13.0 wrote of a real model; expected.json has what it reports, and paired counts by pyarrow.
 */
interface Expected {
  readonly approved: Readonly<Record<string, number>>;
  readonly candidate: Readonly<Record<string, number>>;
  readonly paired?: Readonly<Record<string, Readonly<Record<string, number>> | null>>;
}
const expected = readJson<Record<string, Expected>>(fixture('lighteval', 'expected.json'));

// biome-ignore lint/suspicious/noExplicitAny: any key of a foreign file
type Json = any;

function copied(side: 'approved' | 'candidate' = 'candidate') {
  const folder = lightevalLogs(side);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const path = (part: RegExp) => join(folder, files.find((name) => part.test(name)) ?? '');
  return { folder, results: path(/results_.*json/), sums: path(/sg_sums/), animals: path(/animals/) };
}

function edit(file: string, change: (results: Json) => void): void {
  const results = readJson<Json>(file);
  change(results);
  writeFileSync(file, JSON.stringify(results));
}

const plain = (key: string) => key.replace(/\|\d$/, '');

describe('logs of lighteval as a measurement', () => {
  it('have every metric and standard error of the results file, to the last digit', async () => {
    for (const side of ['approved', 'candidate'] as const) {
      const { tasks, groups } = await readLighteval(lightevalLogs(side));
      const read = [...tasks, ...groups].map(({ name, metrics }) => [
        name,
        Object.fromEntries(
          metrics.flatMap(({ metric, value, stderr }) => [
            [metric, value],
            [`${metric}_stderr`, stderr],
          ]),
        ),
      ]);
      const wanted = Object.entries(expected).filter(([key]) => key !== 'all');
      expect(Object.fromEntries(read)).toEqual(
        Object.fromEntries(wanted.map(([key, sides]) => [plain(key), sides[side]])),
      );
    }
  });

  it('are paired by question, with the counts and p-values that were computed elsewhere', async () => {
    const sides = (['candidate', 'approved'] as const).map((side) => readLighteval(lightevalLogs(side)));
    const [candidate, baseline] = await Promise.all(sides);
    if (!candidate || !baseline) throw new Error('not read');
    const { tasks, groups, different } = pairBenchmarks(candidate, baseline);
    expect(different).toEqual([]);
    for (const [key, { paired }] of Object.entries(expected)) {
      const task = tasks.find(({ name }) => name === plain(key));
      for (const [metric, wanted] of Object.entries(paired ?? {})) {
        const { p, counts } = rowOf(task, metric);
        const { p: wantedP, ...wantedCounts } = wanted ?? { p: null };
        expect(counts, `${key} ${metric}`).toEqual(wanted === null ? null : wantedCounts);
        if (p !== null) expect(p).toBeCloseTo(wantedP ?? Number.NaN, 12);
      }
    }
    expect(groups.map(({ name, tasks: members }) => [name, members.map((own) => own.name)])).toEqual([
      ['sg_facts:_average', ['sg_facts:animals', 'sg_facts:countries']],
    ]);
    expect(tasks.map(({ name, documents, chance }) => [name, documents, chance]).sort()).toEqual([
      ['sg_facts:animals', 8, 0.25],
      ['sg_facts:countries', 30, 0.25],
      ['sg_sums', 20, expect.closeTo(1 / 3, 12)],
    ]);
    expect(tasks.map(({ isIdentical }) => isIdentical)).toEqual([false, false, false]);
  });

  const rowOf = (task: ReturnType<typeof pairBenchmarks>['tasks'][number] | undefined, metric: string) => {
    const found = task?.metrics.find(({ row }) => row.metric === metric);
    return { p: found?.row.p ?? null, counts: found?.outcomes ? pairedCounts(found.outcomes) : null };
  };

  it('round-trip through the schema, and keep no text', async () => {
    const measurement = await measureLogs({ kind: 'lighteval', path: lightevalLogs('approved') });
    const text = JSON.stringify(measurement);
    expect(parseMeasurement(text, 'approved')).toEqual(measurement);
    for (const word of ['puppy', 'capital of', 'Question']) expect(text).not.toContain(word);
    expect(measurement.benchmarks).toMatchObject({
      harness: 'lighteval',
      model: { name: 'models/approved', revision: 'main', dtype: 'float32' },
      runs: [{ version: null, time: '2026-11-26T19:33:44.979Z' }],
    });
    const { tasks } = measurement.benchmarks ?? { tasks: [] };
    const settings = tasks.map(({ version, shots, documents }) => [version, shots, documents?.[0]?.logprobs?.length]);
    expect(settings.sort()).toEqual([
      ['0', 3, 3],
      ['1', 2, 4],
      ['1', 2, 4],
    ]);
  });

  it('say which task was run without its details, and have the number of examples in a name that is there twice', async () => {
    const { folder, results, sums } = copied();
    rmSync(sums);
    edit(results, (file) => {
      for (const key of ['results', 'config_tasks']) file[key]['sg_sums|0'] = file[key]['sg_sums|3'];
    });
    const { tasks } = await readLighteval(folder);
    const rest = tasks.slice(2).map(({ name, shots, documents }) => [name, shots, documents]);
    expect(rest).toEqual([
      ['sg_sums|3', 3, null],
      ['sg_sums|0', 0, null],
    ]);
  });
});

describe('logs of lighteval that cannot be believed are refused with file and row', () => {
  it('results that are cut off, empty or of another program', async () => {
    const { folder, results } = copied();
    writeFileSync(results, readFileSync(results, 'utf8').slice(0, 3000));
    await expect(readLighteval(folder)).rejects.toThrow(/results_.*\.json:\d+ is not JSON, or it is cut off/);
    writeFileSync(results, '');
    await expect(readLighteval(folder)).rejects.toThrow(/results_.*\.json:1 is empty/);
    writeFileSync(results, '{"results": {}}');
    await expect(readLighteval(folder)).rejects.toThrow(/is not a results file of lighteval: config_general/);
    rmSync(results);
    await expect(readLighteval(folder)).rejects.toThrow(/has no results_….json of lighteval/);
  });

  it('details that are cut off, belong to no results, or have another mean than was reported', async () => {
    const { folder, results, sums, animals } = copied();
    const bytes = readFileSync(sums);
    writeFileSync(sums, bytes.subarray(0, 20_000));
    await expect(readLighteval(folder)).rejects.toThrow(/details_sg_sums\|3_.*\.parquet is incomplete/);
    writeFileSync(sums, bytes);
    cpSync(copied('approved').sums, sums);
    await expect(readLighteval(folder)).rejects.toThrow(
      /sg_sums\|3_.*\.parquet: the mean of acc \(none\) is 0.9, and the results have 0.3/,
    );
    writeFileSync(sums, bytes);
    cpSync(animals, animals.replace('animals', 'plants'));
    await expect(readLighteval(folder)).rejects.toThrow(
      /plants.*has details of sg_facts:plants\|2, and results.*has no results of it/,
    );
    renameSync(
      animals.replace('animals', 'plants'),
      animals.replace('2026-11-26T19-36-39.156809.parquet', '2025-01-01T00-00-00.0.parquet'),
    );
    await expect(readLighteval(folder)).rejects.toThrow(/_2025-01-01T00-00-00\.0\.parquet belongs to no results file/);
    edit(results, () => {});
  });

  it('a task that was run twice, and runs of two models', async () => {
    const { folder, results } = copied();
    cpSync(results, results.replace('19-36', '19-37'));
    await expect(readLighteval(folder)).rejects.toThrow(
      /has sg_facts:animals twice: in results.*19-36.* and in results.*19-37/,
    );
    edit(results, (file) => Object.assign(file.config_general, { model_name: 'models/other' }));
    await expect(readLighteval(folder)).rejects.toThrow(/has runs of different models/);
  });
});

describe('details of a task', async () => {
  const metrics = ['acc', 'em'].map((metric) => ({
    metric,
    filter: 'none',
    value: null,
    stderr: null,
    higherIsBetter: true,
  }));
  const of = { metrics, systemInstruction: null, generation: { temperature: 0 } };
  const { folder, sums } = copied();
  const rows: Json[] = [...(await readParquetFile(sums))];
  const logs = await readLighteval(folder);
  /** A copy of the rows, one of them changed. */
  const changed = (change: (row: Json) => void, index = 0): Json[] => {
    const copy: Json[] = structuredClone(rows);
    change(copy[index]);
    return copy;
  };

  function withDetails({ documents }: LightevalDetails): Benchmarks {
    const own = logs.tasks.filter(({ name }) => name === 'sg_sums');
    return { ...logs, groups: [], tasks: own.map((task) => ({ ...task, metrics, documents: [...documents] })) };
  }
  const causeOf = (edited: readonly Json[], settings = of) =>
    pairBenchmarks(withDetails(toDetails(edited, 'x', settings)), withDetails(toDetails(rows, 'x', of))).different[0]
      ?.cause;

  it('join the rows of a document that was answered in two ways, in any order', () => {
    const { documents } = toDetails(rows, 'x', of);
    expect(rows).toHaveLength(40);
    expect(documents).toHaveLength(20);
    expect(documents.every(({ values: [acc, em] }) => acc !== null && em !== null)).toBe(true);
    expect(toDetails([...rows].reverse(), 'x', of)).toEqual(toDetails(rows, 'x', of));
  });

  it('with a document that is there twice, or a row that is not valid, are refused', () => {
    expect(() => toDetails([...rows, rows[3]], 'x.parquet', of)).toThrow(
      /x\.parquet: row 41: document \d+ is there twice/,
    );
    expect(() =>
      toDetails(
        changed((row) => Object.assign(row.doc, { query: null }), 4),
        'x',
        of,
      ),
    ).toThrow(/x: row 5 is not a detail of lighteval: doc\.query/);
    expect(() => toDetails([], 'x', of)).toThrow('x has no rows');
  });

  it.each<[string, string | undefined, Json[], typeof of?]>([
    ['the same', undefined, rows],
    ['another question', 'documents', changed(({ doc }) => Object.assign(doc, { query: '1 + 1 =' }))],
    ['a document less', 'documents', rows.filter(({ doc }) => doc.id !== '7')],
    ['other examples', 'prompts', changed(({ doc }) => Object.assign(doc.fewshot_samples[0], { query: '0 + 0 =' }))],
    ['another chat template', 'prompts', changed(({ model_response: own }) => own.input_tokens.unshift(1, 2))],
    ['another right answer', 'targets', changed(({ doc }) => Object.assign(doc, { gold_index: 1 }))],
    [
      'another length',
      'requests',
      changed(
        ({ doc }) => Object.assign(doc, { generation_size: 9 }),
        rows.findIndex(({ metric }) => metric.em !== null),
      ),
    ],
    ['another temperature', 'requests', rows, { ...of, generation: { temperature: 1 } }],
  ])('%s: %s', (_, cause, edited, settings) => {
    expect(causeOf(edited, settings)).toBe(cause);
  });

  it('are the same prompts whatever else was in the batch', () => {
    const generated = rows.findIndex(({ metric }) => metric.em !== null);
    const padded = changed(({ model_response: own }) => {
      own.input_tokens.unshift(2, 2, 2);
      own.padded_tokens_count = 3;
    }, generated);
    expect(causeOf(padded)).toBeUndefined();
  });
});
