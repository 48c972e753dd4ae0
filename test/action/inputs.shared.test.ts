import { isAbsolute, join } from 'node:path';
import { LOG_KINDS } from '@shadow-gate/harness';
import { UserError } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import type { ActionRun } from '../../src/action/action-run.ts';
import { parseInputs } from '../../src/action/inputs.ts';

const STEP = { folder: '/workspace', temporary: '/temporary', apiKey: 'key' };

const parse = (given: Record<string, string>): ActionRun => parseInputs((name) => given[name] ?? '', STEP);

const JUDGING = {
  key: 'default',
  slug: 'default',
  baseline: '.shadow-gate/baseline.json',
  calibration: '.shadow-gate/calibration.json',
  policy: undefined,
  updateBaseline: 'off',
  cache: 'auto',
  out: '/temporary/shadow-gate/default',
};
const REPORTING = {
  ...JUDGING,
  comment: 'sticky',
  artifact: 'auto',
  issue: 'schedule',
  failOn: 'inconclusive',
  attest: false,
};
const MEASURING = {
  checkpoint: 'model',
  revision: undefined,
  reference: undefined,
  device: 'auto',
  cudaLibraries: { kind: 'auto' },
  method: 'auto',
  only: undefined,
  seed: undefined,
  budgetSeconds: undefined,
  endpoint: undefined,
  baselineEndpoint: undefined,
};

it('a gate needs a checkpoint only', () => {
  expect(parse({ checkpoint: 'model' })).toEqual({
    kind: 'gate',
    all: false,
    confirm: false,
    ...REPORTING,
    ...MEASURING,
  });
});

it('a shard measures and does not report', () => {
  expect(parse({ checkpoint: 'model', shard: '2/4' })).toEqual({
    kind: 'shard',
    shard: { index: 2, count: 4 },
    ...JUDGING,
    ...MEASURING,
  });
});

it('a merge reports and does not measure', () => {
  expect(parse({ mode: 'merge' })).toEqual({ kind: 'merge', only: undefined, ...REPORTING });
  // Without it, a half that the shards were not asked for would be missing.
  expect(parse({ mode: 'merge', only: 'spectra' })).toMatchObject({ kind: 'merge', only: 'spectra' });
  expect(parse({ mode: 'merge', checkpoint: 'model', reference: 'base' })).toMatchObject({
    ...{ kind: 'merge', checkpoint: 'model', reference: 'base' },
  });
});

it('a calibration takes known-good checkpoints, one a line, and nothing of a candidate', () => {
  const given = { mode: 'calibrate', checkpoints: '\n models/seed 1\r\n\nhf://org/model@main\n', reference: 'base' };
  expect(parse(given)).toEqual({
    kind: 'calibrate',
    key: 'default',
    slug: 'default',
    checkpoints: ['models/seed 1', 'hf://org/model@main'],
    series: false,
    reference: 'base',
    device: 'auto',
    cudaLibraries: { kind: 'auto' },
    method: 'auto',
    calibration: '.shadow-gate/calibration.json',
    policy: undefined,
    updateBaseline: 'off',
    cache: 'auto',
  });
  expect(parse({ ...given, series: 'true' })).toMatchObject({ series: true });
  expect(() => parse({ ...given, series: 'yes' })).toThrow('input series is "yes"');
  expect(() => parse({ mode: 'calibrate' })).toThrow('input checkpoints is missing');
  expect(() => parse({ ...given, calibration: 'off' })).toThrow('mode: calibrate and calibration: off exclude');
  for (const name of ['checkpoint', 'lm-eval', 'report', 'shard', 'only', 'seed', 'endpoint', 'adapter']) {
    const value = { shard: '1/2', only: 'spectra', seed: '1' }[name] ?? 'x';
    expect(() => parse({ ...given, [name]: value })).toThrow(`inputs mode: calibrate and ${name} exclude each other`);
  }
  // Forgotten, the mode would make them mean nothing.
  expect(() => parse({ checkpoint: 'model', checkpoints: 'a' })).toThrow('input checkpoints needs mode: calibrate');
  expect(() => parse({ checkpoint: 'model', series: 'true' })).toThrow('input series needs mode: calibrate');
});

it('logs of an evaluation take the place of a checkpoint, and exclude what is about running one', () => {
  for (const kind of LOG_KINDS) {
    expect(parse({ [kind]: 'logs' })).toEqual({ kind: 'logs', logs: { kind, path: 'logs' }, ...REPORTING });
  }
  for (const [name, value] of [
    ['checkpoint', 'model'],
    ['endpoint', 'http://e/v1'],
    ['only', 'probes'],
    ['shard', '1/2'],
    ['report', 'report.json'],
    ['inspect', 'logs'],
  ] as const) {
    expect(() => parse({ 'lm-eval': 'logs', [name]: value })).toThrow(`inputs lm-eval and ${name} exclude each other`);
  }
  expect(() => parse({ 'lm-eval': 'logs', mode: 'merge' })).toThrow(
    'inputs lm-eval and mode: merge exclude each other',
  );
});

it('publishing a report needs the report, its key, whether to comment, and which verdicts fail its run', () => {
  expect(parse({ report: 'report.json', key: 'llama', comment: 'off', 'fail-on': 'warn' })).toEqual({
    kind: 'publish',
    report: 'report.json',
    key: 'llama',
    slug: 'llama',
    artifact: 'auto',
    out: expect.stringMatching(/shadow-gate.llama$/),
    comment: 'off',
    failOn: 'warn',
  });
});

it('every input of a gate reaches its run', () => {
  const given = {
    checkpoint: 'model',
    reference: 'base',
    mode: 'gate',
    baseline: 'approved.json',
    calibration: 'known-good.json',
    'update-baseline': 'off',
    policy: 'strict.yml',
    device: 'cpu',
    'cuda-libraries': '/opt/cuda',
    method: 'exact',
    all: 'true',
    confirm: 'true',
    only: 'probes',
    seed: 'rotate',
    budget: '2m',
    endpoint: 'http://e/v1',
    model: 'n',
    tokenizer: 'tokens',
    'max-length': '4096',
    concurrency: '32',
    timeout: '2m',
    revision: 'abc',
    'baseline-endpoint': 'http://b/v1',
    'baseline-model': 'b',
    cache: 'off',
    artifact: 'off',
    comment: 'off',
    issue: 'off',
    attest: 'true',
    key: 'llama 8b',
    'github-token': 't',
    'fail-on': 'never',
    out: 'results',
  };
  expect(parse(given)).toEqual({
    kind: 'gate',
    all: true,
    confirm: true,
    checkpoint: 'model',
    reference: 'base',
    baseline: 'approved.json',
    calibration: 'known-good.json',
    updateBaseline: 'off',
    policy: 'strict.yml',
    device: 'cpu',
    cudaLibraries: { kind: 'folder', path: '/opt/cuda' },
    method: 'exact',
    only: 'probes',
    seed: 'rotate',
    budgetSeconds: 120,
    endpoint: {
      endpoint: 'http://e/v1',
      model: 'n',
      tokenizer: 'tokens',
      maxLength: 4096,
      concurrency: 32,
      timeout: 120_000,
      apiKey: 'key',
    },
    revision: 'abc',
    baselineEndpoint: {
      endpoint: 'http://b/v1',
      model: 'b',
      tokenizer: 'tokens',
      maxLength: 4096,
      concurrency: 32,
      timeout: 120_000,
      apiKey: 'key',
    },
    cache: 'off',
    artifact: 'off',
    comment: 'off',
    issue: 'off',
    attest: true,
    key: 'llama 8b',
    slug: expect.stringMatching(/^llama-8b-[0-9a-f]{8}$/),
    failOn: 'never',
    out: '/workspace/results',
  });
});

it('a model at an endpoint needs no checkpoint, and its baseline can be at the same server or at another', () => {
  const served = { endpoint: 'http://e/v1', model: 'lora', 'max-length': '100' };
  const own = { endpoint: 'http://e/v1', model: 'lora', maxLength: 100, apiKey: 'key' };
  expect(parse({ ...served, revision: 'abc' })).toMatchObject({
    checkpoint: undefined,
    revision: 'abc',
    endpoint: own,
    baselineEndpoint: undefined,
  });
  expect(parse({ ...served, 'baseline-model': 'base' })).toMatchObject({
    endpoint: own,
    baselineEndpoint: { ...own, model: 'base' },
  });
  expect(parse({ ...served, 'baseline-endpoint': 'http://b/v1' })).toMatchObject({
    baselineEndpoint: { ...own, endpoint: 'http://b/v1' },
  });
});

it.each([
  [
    { endpoint: 'http://e/v1', model: 'm', 'baseline-model': 'b', 'update-baseline': 'pull-request' },
    /^update-baseline: pull-request proposes a measurement file, and a server has the baseline/,
  ],
  [{ checkpoint: 'm', 'baseline-model': 'b' }, 'input baseline-model needs endpoint and model'],
  [{ checkpoint: 'm', revision: 'r' }, 'input revision needs endpoint and model'],
  [
    {},
    'input checkpoint is missing — give the path of a checkpoint, an endpoint that serves one, or logs (lm-eval, inspect, lighteval, every-eval-ever, counts)',
  ],
  [{ checkpoint: 'm', device: 'gpu' }, 'input device is "gpu" — allowed: auto, cpu, cuda, webgpu'],
  [
    { checkpoint: 'm', 'cuda-libraries': 'donwload' },
    /^input cuda-libraries is "donwload" — allowed: auto, download, off,/,
  ],
  [{ checkpoint: 'm', comment: 'Sticky' }, 'input comment is "Sticky" — allowed: sticky, changes, off'],
  [{ checkpoint: 'm', 'fail-on': 'error' }, 'input fail-on is "error" — allowed: fail, inconclusive, warn, never'],
  [{ checkpoint: 'm', key: 'a\nb' }, 'input key is "a\\nb" — allowed: one line of at most 100 characters'],
  [{ checkpoint: 'm', key: 'k'.repeat(101) }, /^input key is "k+" — allowed: one line/],
  [{ checkpoint: 'm', seed: 'x' }, /^input seed is "x" — allowed: a whole number/],
  [{ checkpoint: 'm', budget: 'soon' }, /^input budget is "soon" — allowed: a time such as/],
  [{ checkpoint: 'm', only: 'both' }, /^input only is "both" — allowed: spectra, probes/],
  [{ checkpoint: 'm', endpoint: 'http://localhost:1/v1' }, 'inputs endpoint and model belong together'],
  [{ mode: 'merge', shard: '1/2' }, 'inputs mode: merge and shard exclude each other'],
  [{ mode: 'merge', report: 'r.json' }, 'inputs mode: merge and report exclude each other'],
  [{ shard: '1/2', report: 'r.json' }, 'inputs shard and report exclude each other'],
  [{ checkpoint: 'm', report: 'r.json' }, 'inputs checkpoint and report exclude each other'],
  [{ checkpoint: 'm', tokenizer: 't' }, 'input tokenizer needs endpoint and model'],
  [{ checkpoint: 'm', concurrency: '4' }, 'input concurrency needs endpoint and model'],
  [{ checkpoint: 'm', concurrency: '0' }, 'input concurrency is "0" — allowed: a whole number above 0'],
  [{ checkpoint: 'm', 'max-length': '1.5' }, 'input max-length is "1.5" — allowed: a whole number above 0'],
  // Node gives up on a request after 300 seconds, whatever is asked for.
  [{ checkpoint: 'm', timeout: '5m' }, 'input timeout is "5m" — allowed: a time such as 60s, at most 290s'],
  ...['Never', 'NEVER', 'n\u0435ver', 'never\u200b', 'never,fail', 'off', 'false', 'none', 'null', '0'].map(
    (word): [Record<string, string>, RegExp] => [
      { checkpoint: 'm', 'fail-on': word },
      /^input fail-on is .* — allowed: fail, /,
    ],
  ),
])('%j is refused, and the error names the input, its value and what is allowed', (given, message) => {
  expect(() => parse(given)).toThrow(UserError);
  expect(() => parse(given)).toThrow(message);
});

it('no key leads out of the temporary folder, and no two keys share a folder', () => {
  const keys = [
    'a/b',
    'a-b',
    'a b',
    'a-b-c8687a08', // the folder that "a b" gets
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
  const folders = keys.map((key) => {
    const run = parse({ checkpoint: 'm', key });
    return run.kind === 'gate' ? run.out : '';
  });
  for (const folder of folders) {
    expect(isAbsolute(folder)).toBe(true);
    expect(join(folder, '..')).toBe('/temporary/shadow-gate');
    expect(folder.length).toBeLessThan(120);
  }
  expect(new Set(folders).size).toBe(keys.length);
});

it('a verdict is attested where it is made, and nowhere else', () => {
  expect(parse({ checkpoint: 'model', attest: 'true' })).toMatchObject({ kind: 'gate', attest: true });
  expect(parse({ mode: 'merge', attest: 'true' })).toMatchObject({ kind: 'merge', attest: true });
  const refused: Record<string, string>[] = [
    { checkpoint: 'model', shard: '1/2' },
    { report: 'report.json' },
    { mode: 'calibrate', checkpoints: 'a' },
  ];
  for (const inputs of refused) {
    expect(() => parse({ ...inputs, attest: 'true' })).toThrow(/^inputs attest and .* exclude each other/);
    expect(() => parse({ ...inputs, attest: 'false' })).not.toThrow();
  }
});
