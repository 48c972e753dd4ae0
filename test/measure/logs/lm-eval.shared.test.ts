import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLmEval } from '@shadow-gate/harness';
import type { Benchmarks } from '@shadow-gate/harness/benchmarks';
import { describe, expect, it } from 'vitest';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { fixture, readJson, shared, temporaryFolder } from '../../fixtures.ts';

/** Files that lm-evaluation-harness 0.4.13 wrote; the fixture is one of these folders. */
const all = shared('data', 'lm-eval');
const own = fixture('lm-eval');

type Row = Readonly<Record<string, number | string>>;
interface ResultsFile {
  readonly results: Readonly<Record<string, Row>>;
}

const pathsIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

function resultsIn(folder: string): ResultsFile {
  const name = pathsIn(folder).find((path) => /results_.*\.json$/.test(path)) ?? '';
  return readJson<ResultsFile>(join(folder, name));
}

/** Every number of a results file, by task and key. */
function numbersOf({ results }: ResultsFile): Record<string, Row> {
  const keep = (row: Row) => Object.entries(row).filter(([key, value]) => key.includes(',') && value !== 'N/A');
  return Object.fromEntries(Object.entries(results).map(([task, row]) => [task, Object.fromEntries(keep(row))]));
}

function numbersRead({ tasks, groups }: Benchmarks): Record<string, Row> {
  return Object.fromEntries(
    [...tasks, ...groups].map(({ name, metrics }) => [
      name,
      Object.fromEntries(
        metrics.flatMap(({ metric, filter, value, stderr }) => [
          ...(value === null ? [] : [[`${metric},${filter}`, value]]),
          ...(stderr === null ? [] : [[`${metric}_stderr,${filter}`, stderr]]),
        ]),
      ),
    ]),
  );
}

/** A copy of the fixture's candidate, to be damaged. */
function copied(): { folder: string; results: string; samples: string; sums: string } {
  const folder = join(temporaryFolder(), 'run');
  cpSync(join(own, 'candidate'), folder, { recursive: true });
  const path = (pattern: RegExp) => join(folder, pathsIn(folder).find((name) => pattern.test(name)) ?? '');
  return { folder, results: path(/results_/), samples: path(/samples_sg_common/), sums: path(/samples_sg_easy/) };
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
const writeLines = (file: string, lines: readonly string[]) => writeFileSync(file, lines.map((l) => `${l}\n`).join(''));

function edit(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  writeFileSync(file, edited);
}

describe('logs of lm-evaluation-harness as a measurement', () => {
  it('have every metric, filter and standard error of the results file, to the last digit', async () => {
    for (const side of ['base', 'candidate']) {
      const read = await readLmEval(join(own, side));
      expect(numbersRead(read)).toEqual(numbersOf(resultsIn(join(own, side))));
    }
  });

  it('round-trip through the schema, and are known by their answers', async () => {
    const [base, candidate] = await Promise.all(
      ['base', 'candidate'].map((side) => measureLogs({ kind: 'lm-eval', path: join(own, side) })),
    );
    expect(parseMeasurement(JSON.stringify(base), 'base')).toEqual(base);
    expect(base?.checkpoint.digest).not.toBe(candidate?.checkpoint.digest);
    expect(base?.run.checkpoint).toBe('models/base');
    expect(base?.benchmarks?.model).toMatchObject({ source: 'hf', revision: 'main', sha: null, parameters: 134515008 });
  });

  it('do not keep any text of a document, prompt or answer', async () => {
    const text = JSON.stringify(await measureLogs({ kind: 'lm-eval', path: join(own, 'base') }));
    for (const word of ['8 + 4', 'Question', 'capital']) expect(text).not.toContain(word);
  });

  it('have the log-likelihood of every choice, and none of generated answers', async () => {
    const { folder, samples } = copied();
    const [first = ''] = linesOf(samples);
    const { resps } = JSON.parse(first) as { resps: [[string]][] };
    const { tasks } = await readLmEval(folder);
    const documents = (name: string) => tasks.find((task) => task.name === name)?.documents ?? [];
    expect(documents('sg_common_facts')[0]?.logprobs).toEqual(resps.map(([[logprob]]) => Number(logprob)));
    expect(documents('sg_easy_sums').every(({ logprobs }) => logprobs === null)).toBe(true);
  });

  it('are found in any folder within the one that is given, and joined if they are of different tasks', async () => {
    const { folder, results, samples } = copied();
    const [model = ''] = readdirSync(folder);
    // The second task in a run of its own.
    const file = readJson<{ results: Record<string, Row> }>(results);
    const { sg_common_facts: facts = {}, ...rest } = file.results;
    writeFileSync(results, JSON.stringify({ ...file, results: rest }));
    mkdirSync(join(folder, 'later', 'run'), { recursive: true });
    writeFileSync(
      join(folder, 'later', 'run', 'results_2027.json'),
      JSON.stringify({ ...file, results: { sg_common_facts: facts } }),
    );
    cpSync(samples, join(folder, 'later', 'run', 'samples_sg_common_facts_2027.jsonl'));
    rmSync(samples);
    const { tasks, runs } = await readLmEval(folder);
    expect(tasks.map(({ name, documents }) => [name, documents?.length])).toEqual([
      ['sg_common_facts', 20],
      ['sg_easy_sums', 40],
    ]);
    expect(runs.map(({ file }) => file)).toEqual([
      join('later', 'run', 'results_2027.json'),
      join(model, results.slice(results.lastIndexOf('/') + 1)),
    ]);
  });

  it('say which task was run without its samples', async () => {
    const { folder, samples } = copied();
    rmSync(samples);
    const { tasks } = await readLmEval(folder);
    expect(tasks.find(({ name }) => name === 'sg_common_facts')?.documents).toBeNull();
  });

  it('may have numbers that are not finite, as Python writes them', async () => {
    const { folder, results, samples } = copied();
    edit(results, /"acc_norm,none":[\d.]+/, '"acc_norm,none":NaN');
    edit(samples, /"acc_norm":[\d.]+/, '"acc_norm":-Infinity');
    edit(samples, /\["-\d+\.\d+"/g, '["-inf"');
    const [facts] = (await readLmEval(folder)).tasks.filter(({ name }) => name === 'sg_common_facts');
    expect(facts?.metrics.map(({ value }) => value)).toEqual([0.75, null]);
    expect(facts?.documents?.[0]).toMatchObject({ values: [1, null], logprobs: [null, null, null, null] });
  });

  it('may be without hashes and names of filters, as older versions wrote them', async () => {
    const { folder, samples, sums } = copied();
    const before = await readLmEval(folder);
    for (const file of [samples, sums]) {
      const old = linesOf(file).map((line) => {
        const { doc_hash: _, prompt_hash: _p, target_hash: _t, filter, arguments: given, ...rest } = JSON.parse(line);
        const requests = Object.values(given as Record<string, Record<string, unknown>>).map(Object.values);
        return { filter, line: JSON.stringify({ ...rest, arguments: requests }) };
      });
      // All documents under one filter, then all under the next.
      const filters = ['none', 'strict-match', 'flexible-extract'];
      writeLines(
        file,
        filters.flatMap((filter) => old.filter((sample) => sample.filter === filter).map(({ line }) => line)),
      );
    }
    const hashes = { docHash: null, promptHash: null, targetHash: null };
    expect((await readLmEval(folder)).tasks).toEqual(
      before.tasks.map((task) => ({
        ...task,
        documents: task.documents?.map((document) => ({ ...document, ...hashes })),
      })),
    );
  });

  it('may be those of version 0.4.2: results.json, and next to it one list for each task', async () => {
    const { folder, results, samples, sums } = copied();
    const before = await readLmEval(folder);
    const model = results.slice(0, results.lastIndexOf('/'));
    const { model_name: _, task_hashes: _h, 'n-samples': _n, ...rest } = readJson<Record<string, unknown>>(results);
    const config = { model: 'hf', model_args: 'pretrained=models/candidate,dtype=float32' };
    writeFileSync(join(model, 'results.json'), JSON.stringify({ ...rest, config, groups: {} }, null, 2));
    for (const [task, file] of [
      ['sg_common_facts', samples],
      ['sg_easy_sums', sums],
    ] as const) {
      const entries = linesOf(file).map((line) => JSON.parse(line));
      const list = ['none', 'strict-match', 'flexible-extract'].flatMap((name) =>
        entries
          .filter(({ filter }) => filter === name)
          .map(
            ({ doc_hash: _, prompt_hash: _p, target_hash: _t, filter: _f, metrics: _m, arguments: given, ...own }) => ({
              ...own,
              arguments: Object.values(given as Record<string, Record<string, unknown>>).map(Object.values),
            }),
          ),
      );
      writeFileSync(join(model, `pretrained__candidate_${task}.jsonl`), JSON.stringify(list, null, 2));
      rmSync(file);
    }
    rmSync(results);
    const read = await readLmEval(folder);
    expect(read.model).toMatchObject({ name: 'models/candidate', dtype: 'float32' });
    const unhashed = { docHash: null, promptHash: null, targetHash: null };
    expect(read.tasks).toEqual(
      before.tasks.map((task) => ({
        ...task,
        hash: null,
        documents: task.documents?.map((document) => ({ ...document, ...unhashed })),
      })),
    );
    cpSync(
      join(model, 'pretrained__candidate_sg_easy_sums.jsonl'),
      join(model, 'pretrained__other_sg_easy_sums.jsonl'),
    );
    await expect(readLmEval(folder)).rejects.toThrow(/is not the only file of task sg_easy_sums/);
    rmSync(join(model, 'pretrained__other_sg_easy_sums.jsonl'));
    const list = join(model, 'pretrained__candidate_sg_common_facts.jsonl');
    writeFileSync(list, readFileSync(list, 'utf8').slice(0, 900));
    await expect(readLmEval(folder)).rejects.toThrow(/sg_common_facts\.jsonl:\d\d is not JSON, or it is cut off/);
  });

  it('may lack a metric for some documents, and not for all', async () => {
    const { folder, samples } = copied();
    const without = (line: string) => line.replace(/,"acc_norm":[\d.]+/, '');
    writeLines(
      samples,
      linesOf(samples).map((line, i) => (i === 0 ? without(line) : line)),
    );
    const [facts] = (await readLmEval(folder)).tasks.filter(({ name }) => name === 'sg_common_facts');
    expect(facts?.documents?.[0]?.values).toEqual([1, null]);
    writeLines(samples, linesOf(samples).map(without));
    await expect(readLmEval(folder)).rejects.toThrow(/\.jsonl:20: no document has acc_norm/);
  });

  it.runIf(all)('equal the results files of every kind of task', async () => {
    for (const kind of readdirSync(all ?? '').filter((name) => !/\.|tasks/.test(name))) {
      for (const side of ['base', 'candidate']) {
        const folder = join(all ?? '', kind, side);
        expect(numbersRead(await readLmEval(folder)), `${kind}/${side}`).toEqual(numbersOf(resultsIn(folder)));
      }
    }
  });

  it.runIf(all)('have groups with their members, and pairs of numbers of perplexities', async () => {
    const { groups } = await readLmEval(join(all ?? '', 'mmlu', 'base'));
    expect(groups).toMatchObject([
      { name: 'sg_group', alias: 'two subjects', members: ['sg_group_math', 'sg_group_facts'] },
    ]);
    const { tasks } = await readLmEval(join(all ?? '', 'delimiter-and-perplexity', 'base'));
    const rolling = tasks.find(({ name }) => name === 'sg_perplexity');
    expect(rolling?.documents?.[0]?.values).toEqual([
      [-350.11273193359375, 80],
      [-350.11273193359375, 414],
      [-350.11273193359375, 414],
    ]);
    expect(rolling?.documents?.[0]?.logprobs).toEqual([-350.11273193359375]);
  });
});

describe('logs that cannot be believed are refused with file and line', () => {
  it('a truncated line', async () => {
    const { folder, samples } = copied();
    writeFileSync(samples, readFileSync(samples, 'utf8').trimEnd().slice(0, -40));
    await expect(readLmEval(folder)).rejects.toThrow(
      /samples_sg_common_facts_.*\.jsonl:20 is not JSON, or it is cut off/,
    );
  });

  it('a file that ends too early, at the end of a line', async () => {
    const { folder, samples, sums } = copied();
    writeLines(samples, linesOf(samples).slice(0, 15));
    await expect(readLmEval(folder)).rejects.toThrow(/\.jsonl:15: the file ends after 15 documents, .* are of 20/);
    cpSync(join(own, 'candidate'), folder, { recursive: true });
    writeLines(sums, linesOf(sums).slice(0, -1));
    await expect(readLmEval(folder)).rejects.toThrow(
      /\.jsonl:79: the file ends, and document \d+ has no line of filter/,
    );
  });

  it('an empty file', async () => {
    const { folder, samples, results } = copied();
    writeFileSync(samples, '');
    await expect(readLmEval(folder)).rejects.toThrow(/samples_sg_common_facts_.*\.jsonl:1: the file is empty/);
    writeFileSync(results, '\n');
    await expect(readLmEval(folder)).rejects.toThrow(/results_.*\.json:1 is empty/);
  });

  it('a doubled file', async () => {
    const { folder, samples } = copied();
    writeLines(samples, [...linesOf(samples), ...linesOf(samples)]);
    await expect(readLmEval(folder)).rejects.toThrow(/\.jsonl:21: document 0 is there twice/);
  });

  it('a truncated results file', async () => {
    const { folder, results } = copied();
    writeFileSync(results, JSON.stringify(readJson(results), null, 2).slice(0, 500));
    await expect(readLmEval(folder)).rejects.toThrow(/results_.*\.json:\d\d is not JSON, or it is cut off/);
  });

  it('a task that was run twice, and runs of two models', async () => {
    const { folder } = copied();
    cpSync(join(own, 'candidate'), join(folder, 'again'), { recursive: true });
    await expect(readLmEval(folder)).rejects.toThrow(/has sg_\w+ twice: in again\/.*results_.*json and in models/);
    await expect(readLmEval(own)).rejects.toThrow(/has runs of different models/);
  });

  it('samples of another run', async () => {
    const { folder, samples } = copied();
    const base = join(own, 'base');
    const other = pathsIn(base).find((path) => /samples_sg_common/.test(path)) ?? '';
    cpSync(join(base, other), samples);
    await expect(readLmEval(folder)).rejects.toThrow(/the mean of acc \(none\) is 0.85, and the results have 0.75/);
  });

  it('samples without results, and a folder without either', async () => {
    const { folder, results, samples } = copied();
    cpSync(samples, samples.replace('_2026', '_2025'));
    await expect(readLmEval(folder)).rejects.toThrow(/_2025.* belongs to no results file next to it/);
    rmSync(results);
    await expect(readLmEval(folder)).rejects.toThrow(/has no results_….json/);
    await expect(readLmEval(join(folder, 'nowhere'))).rejects.toThrow(/does not exist/);
  });
});
