import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { measureLogs } from '../../src/measure/measure-logs.ts';
import { fixture } from '../fixtures.ts';
import { annotations, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA, PUSH } from './run-action.ts';

const rig = useRig({ hasServices: false });

it('logs that a step of the workflow wrote are judged by the measurement of the base commit', async () => {
  await cp(fixture('lm-eval', 'candidate'), rig.path('logs'), { recursive: true });
  const baseline = JSON.stringify(await measureLogs({ kind: 'lm-eval', path: fixture('lm-eval', 'base') }));
  rig.github.files.set(`${BASE_SHA}:baseline.json`, baseline);
  rig.github.files.set(`${HEAD_SHA}:baseline.json`, baseline);
  const inputs = { 'lm-eval': 'logs', baseline: 'baseline.json' };
  const outcome = await rig.gate(inputs);
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(rig.github.comments[0]?.body).toMatch(/\| benchmark \| metric \|.*sg&#95;easy&#95;sums.*no weights/s);
  const report = JSON.parse(await readFile(outcome.outputs.report ?? '', 'utf8'));
  expect(report.benchmarks).toHaveLength(4);
  // A change that brings its own logs could bring any answers.
  await cp(fixture('lm-eval', 'base'), rig.path('own'), { recursive: true });
  const same = await rig.gate({ ...inputs, 'lm-eval': 'own' });
  expect(same.outputs.verdict, same.log).toBe('pass');
  rig.github.files.set(`${HEAD_SHA}:own/models__base/results_1.json`, '{}');
  const forged = await rig.gate({ ...inputs, 'lm-eval': 'own' });
  expect(forged.outputs.verdict, forged.log).toBe('inconclusive');
  expect(forged.summary).toContain('logs can be written with any answers');
});

it('a folder of logs is a baseline of the action: one that a step wrote, or that the change does not touch', async () => {
  await cp(fixture('inspect'), rig.path('logs'), { recursive: true });
  const inputs = { inspect: 'logs/candidate', baseline: 'logs/approved' };
  const outcome = await rig.gate(inputs);
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.summary).toMatch(/capitals<\/code> dropped 25\.0/);
  const same = await rig.gate({ inspect: 'logs/approved', baseline: 'logs/approved' });
  expect(same.outputs.verdict, same.log).toBe('pass');
  // A change that brings other logs of the baseline could bring any answers.
  rig.github.files.set(`${BASE_SHA}:logs/approved/a.eval`, 'approved');
  rig.github.files.set(`${HEAD_SHA}:logs/approved/a.eval`, 'approved');
  expect((await rig.gate({ ...inputs, inspect: 'logs/candidate' })).outputs.verdict).toBe('fail');
  rig.github.files.set(`${HEAD_SHA}:logs/approved/a.eval`, 'changed');
  await cp(fixture('inspect', 'approved'), rig.path('own'), { recursive: true });
  const forged = await rig.gate({ ...inputs, inspect: 'own' });
  expect(forged.outputs.verdict, forged.log).toBe('inconclusive');
  rig.github.files.delete(`${BASE_SHA}:logs/approved/a.eval`);
  expect(annotations(await rig.gate(inputs))[0]?.message).toContain('the one in this change does not count');
});

it('logs of Every Eval Ever are judged by a folder of them, unless the change brings the samples', async () => {
  await cp(fixture('every-eval-ever'), rig.path('logs'), { recursive: true });
  const inputs = { 'every-eval-ever': 'logs/candidate', baseline: 'logs/base' };
  const outcome = await rig.gate(inputs);
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.summary).toMatch(/easy&#95;sums<\/code> dropped 42\.5/);
  await cp(fixture('every-eval-ever', 'base'), rig.path('own'), { recursive: true });
  const same = await rig.gate({ ...inputs, 'every-eval-ever': 'own' });
  expect(same.outputs.verdict, same.log).toBe('pass');
  rig.github.files.set(`${HEAD_SHA}:own/sg_easy_sums/models/base/a_samples.jsonl`, '{}');
  const forged = await rig.gate({ ...inputs, 'every-eval-ever': 'own' });
  expect(forged.outputs.verdict, forged.log).toBe('inconclusive');
});

it('a folder of logs of another program is no baseline', async () => {
  await cp(fixture('inspect'), rig.path('logs'), { recursive: true });
  await cp(fixture('lm-eval'), rig.path('others'), { recursive: true });
  const outcome = await rig.gate({ inspect: 'logs/candidate', baseline: 'others/base' });
  expect(outcome.outputs.verdict).toBeUndefined();
  expect(annotations(outcome)[0]?.message).toContain('others/base has no logs of Inspect');
});

it.each(['.', './', 'sub/..'])('logs of the working directory itself are read: lm-eval: %s', async (folder) => {
  await mkdir(rig.path('sub'));
  await cp(fixture('lm-eval', 'candidate'), rig.path(), { recursive: true });
  const baseline = JSON.stringify(await measureLogs({ kind: 'lm-eval', path: fixture('lm-eval', 'base') }));
  await writeFile(rig.path('baseline.json'), baseline);
  const inputs = { baseline: 'baseline.json', out: `${rig.path()}-out` };
  const elsewhere = await rig.gate({ ...inputs, 'lm-eval': fixture('lm-eval', 'candidate') }, { event: PUSH });
  const outcome = await rig.gate({ ...inputs, 'lm-eval': folder }, { event: PUSH });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.summary.match(/\| .*sg&#95;.*/g)).toEqual(elsewhere.summary.match(/\| .*sg&#95;.*/g));
});
