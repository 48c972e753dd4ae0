import { cp, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { measureLogs } from '../../src/measure/measure-logs.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { readReport } from '../../src/report/json.ts';
import { fixture } from '../fixtures.ts';
import { example } from '../measure/shards/shard-files.ts';
import { useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA } from './run-action.ts';

const rig = useRig({ hasServices: false });

async function write(path: string, texts: { readonly base: string; readonly head: string }): Promise<void> {
  rig.github.files.set(`${BASE_SHA}:${path}`, texts.base);
  rig.github.files.set(`${HEAD_SHA}:${path}`, texts.head);
  await writeFile(rig.path(path), texts.head);
}

it('slices and levels are those of the base commit, and values of a private file are not shown', async () => {
  const questions = await readFile(example('probes.jsonl'), 'utf8');
  await write('probes.jsonl', {
    base: questions,
    head: questions.replaceAll('"content": "new"', '"content": "other"'),
  });
  const policy = (own: string) => `probes: [{file: probes.jsonl, slices: [content]${own}}]\nprobes-text: omit\n`;
  await write('shadow-gate.yml', { base: policy(', required: true'), head: policy(', level: warn') });
  for (const name of ['base', 'benchmark-aligned']) await cp(example(name), rig.path(name), { recursive: true });
  const outcome = await rig.gate({ checkpoint: 'benchmark-aligned', only: 'probes', baseline: 'base' });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.summary).toContain('This change edits the policy');
  const report = await readReport(outcome.outputs.report ?? '');
  expect(report.suites).toMatchObject([{ suite: 'probes.jsonl', level: 'fail', required: true, isJudged: true }]);
  const values = report.slices?.map(({ value }) => value) ?? [];
  expect(values.length).toBeGreaterThan(1);
  for (const value of values) expect(value).toMatch(/^#[\w-]{16}$/);
  expect(report.slices?.every(({ facts }) => facts > 0)).toBe(true);
  // The worst first, in the comment as well.
  const changes = report.slices?.filter(({ p }) => p !== null).map(({ change }) => change) ?? [];
  expect(changes).toEqual([...changes].sort((a, b) => a - b));
  expect(rig.github.comments[0]?.body).toMatch(/\| suite \| field \| value \|.*content.*#/s);
  const measured = await readMeasurement(outcome.outputs.measurement ?? '');
  if (measured.probes?.status !== 'measured') throw new Error('not measured');
  expect(new Set(measured.probes.items.map(({ slices }) => slices?.content))).toEqual(new Set(values));
});

it('a benchmark that the policy of the base commit requires has to be in the logs', async () => {
  await cp(fixture('lm-eval', 'base'), rig.path('logs'), { recursive: true });
  const baseline = JSON.stringify(await measureLogs({ kind: 'lm-eval', path: fixture('lm-eval', 'base') }));
  await write('baseline.json', { base: baseline, head: baseline });
  const inputs = { 'lm-eval': 'logs', baseline: 'baseline.json' };
  await write('shadow-gate.yml', { base: 'probes: [{file: sg_easy_sums, required: true}]\n', head: '' });
  expect((await rig.gate(inputs)).outputs.verdict).not.toBe('fail');
  await write('shadow-gate.yml', { base: 'probes: [{file: sg_gone, required: true}]\n', head: '' });
  const outcome = await rig.gate(inputs);
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.summary).toContain('which the policy requires, was not judged');
});
