import { isAbsolute, join } from 'node:path';
import { expect, it } from 'vitest';
import { parseInputs } from '../../src/action/inputs.ts';
import { UserError } from '../../src/platform/user-error.ts';

const parse = (given: Record<string, string>) => parseInputs((name) => given[name] ?? '', '/temporary');

it('only the checkpoint has to be given', () => {
  expect(parse({ checkpoint: 'model' })).toEqual({
    checkpoint: 'model',
    reference: undefined,
    report: undefined,
    mode: 'gate',
    shard: undefined,
    baseline: '.shadow-gate/baseline.json',
    updateBaseline: 'off',
    policy: undefined,
    device: 'auto',
    method: 'auto',
    cache: 'auto',
    artifact: 'auto',
    comment: 'sticky',
    issue: 'schedule',
    key: 'default',
    token: '',
    failOn: 'fail',
    temporary: '/temporary',
    out: '/temporary/shadow-gate/default',
  });
});

it('everything that is given is taken', () => {
  const given = {
    checkpoint: 'model',
    reference: 'base',
    mode: 'gate',
    baseline: 'approved.json',
    'update-baseline': 'pull-request',
    policy: 'strict.yml',
    device: 'cpu',
    method: 'exact',
    cache: 'off',
    artifact: 'off',
    comment: 'off',
    issue: 'off',
    key: 'llama 8b',
    'github-token': 't',
    'fail-on': 'never',
    out: 'results',
  };
  const { 'github-token': token, 'fail-on': failOn, 'update-baseline': updateBaseline, ...rest } = given;
  expect(parse(given)).toEqual({ ...rest, token, failOn, updateBaseline, temporary: '/temporary' });
});

it('a shard is parsed, and merging needs no checkpoint', () => {
  expect(parse({ checkpoint: 'model', shard: '2/4' }).shard).toEqual({ index: 2, count: 4 });
  expect(parse({ mode: 'merge' })).toMatchObject({ mode: 'merge', checkpoint: '' });
});

it('the probes have their settings', () => {
  const { only, seed, budgetSeconds, endpoint } = parseInputs(
    (name) =>
      ({ checkpoint: 'm', only: 'probes', seed: 'rotate', budget: '2m', endpoint: 'http://e/v1', model: 'n' })[name] ??
      '',
    '/temporary',
    'key',
  );
  expect({ only, seed, budgetSeconds }).toEqual({ only: 'probes', seed: 'rotate', budgetSeconds: 120 });
  expect(endpoint).toEqual({ endpoint: 'http://e/v1', model: 'n', tokenizer: undefined, apiKey: 'key' });
});

it.each([
  [{}, 'input checkpoint is missing — allowed: a path'],
  [{ checkpoint: 'm', device: 'gpu' }, 'input device is "gpu" — allowed: auto, cpu, cuda, webgpu'],
  [{ checkpoint: 'm', comment: 'Sticky' }, 'input comment is "Sticky" — allowed: sticky, off'],
  [{ checkpoint: 'm', 'fail-on': 'error' }, 'input fail-on is "error" — allowed: fail, warn, never'],
  [{ checkpoint: 'm', key: 'a\nb' }, 'input key is "a\\nb" — allowed: one line of at most 100 characters'],
  [{ checkpoint: 'm', key: 'k'.repeat(101) }, /^input key is "k+" — allowed: one line/],
])('%j is refused by name, value and what is allowed', (given, message) => {
  expect(() => parse(given)).toThrow(UserError);
  expect(() => parse(given)).toThrow(message);
});

it('no key leads out of the temporary folder, and no two keys share a folder', () => {
  const keys = [
    'a/b',
    'a-b',
    'a b',
    '..',
    '.',
    '../../etc',
    '/etc/passwd',
    'C:\\x',
    '*',
    '日本語',
    '中文',
    'x'.repeat(100),
  ];
  const folders = keys.map((key) => parse({ checkpoint: 'm', key }).out);
  for (const folder of folders) {
    expect(isAbsolute(folder)).toBe(true);
    expect(join(folder, '..')).toBe('/temporary/shadow-gate');
    expect(folder.length).toBeLessThan(120);
  }
  expect(new Set(folders).size).toBe(keys.length);
});
