import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

const logs = (side: string) => ['--lm-eval', fixture('lm-eval', side)];
const CHECK = ['check', ...logs('candidate'), '--baseline', fixture('lm-eval', 'base')];
const PLACES = ['--hub-task', 'sg_easy_sums=org/sums:easy', '--hub-task', 'sg_common_facts=org/facts:common_facts'];
const card = () => join(temporaryFolder(), '.eval_results', 'gate.yaml');

interface Entry {
  readonly dataset: { readonly id: string; readonly task_id: string };
  readonly value: number;
  readonly date: unknown;
  readonly notes: string;
}

/** As the hub reads it. */
const entriesIn = (file: string): Entry[] => parse(readFileSync(file, 'utf8'), { version: '1.1' });

/** Logs whose tasks are of these data sets. */
function logsOf(side: string, datasets: Readonly<Record<string, string>>, own?: object): string {
  const folder = join(temporaryFolder(), side);
  cpSync(fixture('lm-eval', side), folder, { recursive: true });
  const name = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    /results_.*\.json$/.test(path),
  );
  const file = join(folder, name ?? '');
  const results = JSON.parse(readFileSync(file, 'utf8'));
  for (const [task, dataset] of Object.entries(datasets)) {
    results.configs[task] = { ...results.configs[task], dataset_path: dataset, dataset_kwargs: own ?? null };
  }
  writeFileSync(file, JSON.stringify(results));
  return folder;
}

describe('results for a model card', () => {
  it('are what the harness reported, in the form that huggingface_hub reads', async () => {
    const file = card();
    const { code } = await runCli(...CHECK, '--model-card', file, ...PLACES);
    expect(code).toBe(1);
    const written = readFileSync(file, 'utf8').replaceAll(VERSION, '0.2.0');
    expect(written).toBe(readFileSync(fixture('model-card', 'results.yaml'), 'utf8'));
    const accepted = readJson<{ dataset_id: string; task_id: string; value: number; date: string; notes: string }[]>(
      fixture('model-card', 'accepted.json'),
    );
    // In the results file of lm-evaluation-harness: 0.45 ± 0.0797, and 0.75 ± 0.0993.
    expect(accepted).toMatchObject([
      { dataset_id: 'org/sums', task_id: 'easy', value: 45, date: '2026-11-26T00:11:50.889Z' },
      { dataset_id: 'org/facts', task_id: 'common_facts', value: 75 },
    ]);
    expect(accepted[0]?.notes).toMatch(
      /^exact_match, strict-match in %, standard error 8\.0, 40 documents; .*: fail\.$/,
    );
    const read = entriesIn(file).map(({ dataset, value, date }) => ({ ...dataset, value, date }));
    expect(read).toEqual(accepted.map(({ dataset_id: id, task_id, value, date }) => ({ id, task_id, value, date })));
  });

  it('are written by compare and report too, the same', async () => {
    const [out, first, second, third] = [temporaryFolder(), card(), card(), card()];
    await runCli(...CHECK, '--out', out, '--model-card', first, ...PLACES);
    const base = join(out, 'base.json');
    await runCli('measure', ...logs('base'), '--out', base);
    const compared = await runCli('compare', join(out, 'measurement.json'), base, '--model-card', second, ...PLACES);
    const report = ['report', join(out, 'report.json'), '--markdown', '--model-card', third, ...PLACES];
    const reported = await runCli(...report);
    expect([compared.code, reported.code]).toEqual([1, 1]);
    const texts = [first, second, third].map((file) => readFileSync(file, 'utf8'));
    expect(new Set(texts).size).toBe(1);
  });

  it('know the data set by the logs, also through a measurement, and leave out what has none', async () => {
    const [file, again] = [card(), card()];
    const candidate = logsOf('candidate', { sg_easy_sums: 'openai/gsm8k' });
    const baseline = fixture('lm-eval', 'base');
    const checked = await runCli('check', '--lm-eval', candidate, '--baseline', baseline, '--model-card', file);
    expect(entriesIn(file).map(({ dataset }) => dataset)).toEqual([{ id: 'openai/gsm8k', task_id: 'sg_easy_sums' }]);
    expect(checked.stderr).toContain('has nothing of sg_common_facts: no data set on a hub is known');
    const measured = [temporaryFolder(), temporaryFolder()].map((folder) => join(folder, 'measurement.json'));
    const [ours = '', theirs = ''] = measured;
    await runCli('measure', '--lm-eval', candidate, '--out', ours);
    await runCli('measure', '--lm-eval', baseline, '--out', theirs);
    await runCli('compare', ours, theirs, '--model-card', again, '--hub-task', 'sg_easy_sums=openai/gsm8k:gsm8k');
    expect(entriesIn(again).map(({ dataset }) => dataset)).toEqual([{ id: 'openai/gsm8k', task_id: 'gsm8k' }]);
    // Where documents are from is no answer: the same answers are the same.
    const digest = (path: string) => readJson<{ checkpoint: { digest: string } }>(path).checkpoint.digest;
    await runCli('measure', ...logs('candidate'), '--out', theirs);
    expect(digest(ours)).toBe(digest(theirs));
  });

  it.each([
    ['a builder of files', { sg_easy_sums: 'json' }, null],
    ['files in the place of the data set', { sg_easy_sums: 'org/sums' }, { data_files: { test: 'sums.jsonl' } }],
    ['a folder', { sg_easy_sums: '/data/org/sums' }, null],
  ])('invent no data set: %s', async (_, datasets, own) => {
    const file = card();
    const candidate = logsOf('candidate', datasets, own ?? undefined);
    const baseline = fixture('lm-eval', 'base');
    const { code, stdout, stderr } = await runCli(
      'check',
      '--lm-eval',
      candidate,
      '--baseline',
      baseline,
      '--model-card',
      file,
    );
    expect(code).toBe(2);
    // The verdict is not lost.
    expect(stdout).toContain('✘ fail: sg_easy_sums');
    expect(stderr).toMatch(/no data set on a hub is known for .*"sg_easy_sums".* --hub-task NAME=ORG\/DATASET:TASK/);
    expect(existsSync(file)).toBe(false);
  });

  it('have the verdict in their notes also where it is inconclusive', async () => {
    const file = card();
    const checked = [
      'check',
      '--counts',
      fixture('counts', 'contaminated.jsonl'),
      '--baseline',
      fixture('counts', 'base.jsonl'),
    ];
    const { code } = await runCli(...checked, '--model-card', file, '--hub-task', 'seen=org/musr:seen');
    expect(code).toBe(3);
    expect(entriesIn(file)[0]?.notes).toMatch(/^accuracy in %, .*125 documents of 10 samples each.*: inconclusive\.$/);
  });

  it.each([
    [['--model-card', card(), '--hub-task', 'other=org/a:b'], 'no benchmark "other" was judged as right or wrong'],
    [
      ['--model-card', card(), '--hub-task', 'sg_easy_sums=org/a:b', '--hub-task', 'sg_common_facts=org/a:b'],
      'are both task b of org/a',
    ],
    [['--model-card', card(), '--hub-task', 'sg_easy_sums=a:b'], 'Allowed: NAME=ORG/DATASET:TASK'],
    [['--model-card', card(), '--hub-task', 'x=org/a:b', '--hub-task', 'x=org/a:c'], 'each name once'],
    [['--hub-task', 'sg_easy_sums=org/a:b'], '--hub-task is about --model-card'],
    [['--model-card', temporaryFolder()], 'not a file'],
  ])('are refused for %j', async (options, message) => {
    const { code, stderr } = await runCli(...CHECK, ...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('need a verdict: a measurement has none', async () => {
    const file = join(temporaryFolder(), 'base.json');
    await runCli('measure', ...logs('base'), '--out', file);
    const { code, stderr } = await runCli('report', file, '--model-card', card());
    expect([code, stderr]).toEqual([2, expect.stringContaining('which has no verdict for a model card')]);
  });
});
