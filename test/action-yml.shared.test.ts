import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DEVICE_CHOICES } from '@shadow-gate/checkpoints/onnx';
import { METHOD_CHOICES } from '@shadow-gate/spectra';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  ARTIFACT_CHOICES,
  CACHE_CHOICES,
  COMMENT_CHOICES,
  FLAG_CHOICES,
  INPUT_DEFAULTS,
  INPUT_NAMES,
  ISSUE_CHOICES,
  MODE_CHOICES,
  UPDATE_BASELINE_CHOICES,
} from '../src/action/input-schema.ts';
import { FAIL_ON_CHOICES } from '../src/github/publish/annotation.ts';
import { scriptArguments } from './run-scripts.ts';

const actionSchema = z.object({
  inputs: z.record(
    z.string(),
    z.object({ description: z.string(), required: z.boolean(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.object({ description: z.string() })),
  runs: z.looseObject({}),
});
const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { inputs, outputs, runs } = actionSchema.parse(parse(await readFile(path('action.yml'), 'utf8')));

it('action.yml and the code have the same inputs', () => {
  expect(Object.keys(inputs).sort()).toEqual([...INPUT_NAMES].sort());
  // One of two inputs is required, which action.yml cannot express.
  expect(Object.keys(inputs).filter((name) => inputs[name]?.required)).toEqual([]);
});

it('action.yml and the code have the same defaults', () => {
  const { 'github-token': token, ...rest } = inputs;
  const defaults = Object.entries(rest).flatMap(([name, input]) => (input.default ? [[name, input.default]] : []));
  expect(Object.fromEntries(defaults)).toEqual(INPUT_DEFAULTS);
  expect(token?.default).toBe('$' + '{{ github.token }}');
});

it.each([
  ['device', DEVICE_CHOICES],
  ['method', METHOD_CHOICES],
  ['mode', MODE_CHOICES],
  ['series', FLAG_CHOICES],
  ['all', FLAG_CHOICES],
  ['confirm', FLAG_CHOICES],
  ['attest', FLAG_CHOICES],
  ['update-baseline', UPDATE_BASELINE_CHOICES],
  ['cache', CACHE_CHOICES],
  ['artifact', ARTIFACT_CHOICES],
  ['comment', COMMENT_CHOICES],
  ['issue', ISSUE_CHOICES],
  ['fail-on', FAIL_ON_CHOICES],
])('the description of %s names every choice', (name, choices) => {
  for (const choice of choices) expect(inputs[name]?.description).toContain(`\`${choice}\``);
});

it('action.yml names the outputs and the entry point that the code has', () => {
  expect(Object.keys(outputs)).toEqual([
    'verdict',
    'overridden-by',
    'shadow-delta',
    'transfer',
    'twin-accuracy-change',
    'report',
    'html-report',
    'html-report-url',
    'measurement',
    'calibration',
    'attestation',
    'comment',
    'issue',
    'baseline-pull-request',
  ]);
  expect(runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'dist/post.js', 'post-if': 'always()' });
});

it('docs/reference/action.md has the inputs and outputs of action.yml', async () => {
  await promisify(execFile)(process.execPath, [...scriptArguments('scripts/docs/action-tables.ts'), '--check']);
});

it('a job does not download tests and study, which it never runs', () => {
  const paths = ['packages/spectra/test', 'study', 'test', 'packages/spectra/src', 'src', 'dist', 'action.yml'].map(
    (path) => `${import.meta.dirname}/../${path}`,
  );
  const lines = execFileSync('git', ['check-attr', 'export-ignore', ...paths], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  expect(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split(': ').at(-1)),
  ).toEqual([...['set', 'set', 'set'], ...['unspecified', 'unspecified', 'unspecified', 'unspecified']]);
});
