import { cp, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { measureLmEval } from '../../src/evaluation-logs/measure-logs.ts';
import { fixture } from '../fixtures.ts';
import { annotations, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA } from './run-action.ts';

const rig = useRig({ hasServices: false });

it('logs that a step of the workflow wrote are judged by the measurement of the base commit', async () => {
  await cp(fixture('lm-eval', 'candidate'), rig.path('logs'), { recursive: true });
  const baseline = JSON.stringify(await measureLmEval(fixture('lm-eval', 'base')));
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

it('a folder of logs is no baseline of the action', async () => {
  await cp(fixture('lm-eval'), rig.path('logs'), { recursive: true });
  await writeFile(rig.path('shadow-gate.yml'), '');
  const outcome = await rig.gate({ 'lm-eval': 'logs/candidate', baseline: 'logs/base' });
  expect(outcome.outputs.verdict).toBeUndefined();
  expect(annotations(outcome)[0]?.message).toContain('logs are compared with a measurement of logs');
});
