import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import type { Report } from '../../src/compare/report.ts';
import { check } from '../../src/gate/check.ts';
import { contradictionIn } from '../../src/measure/schema/contradictions.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { runCli, runCliWith } from '../cli/run-cli.ts';
import { temporaryFolder } from '../fixtures.ts';
import { example } from '../measure/shards/shard-files.ts';
import { checkOptions, type FlatOptions } from './check-options.ts';
import { probesOf } from './run-gate.ts';

const [approved, harmed] = [example('coverage-expanding'), example('benchmark-aligned')];
let [first, second]: ServedCheckpoint[] = [];
let policy: string;

beforeAll(async () => {
  [first, second] = await Promise.all([serveCheckpoint(approved), serveCheckpoint(harmed)]);
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  policy = join(folder, 'shadow-gate.yml');
  writeFileSync(policy, `probes: [probes.jsonl]\n`);
  const lines = readFileSync(example('probes.jsonl'), 'utf8').trimEnd().split('\n');
  writeFileSync(join(folder, 'probes.jsonl'), `${lines.slice(0, 120).join('\n')}\n`);
});
afterAll(() => Promise.all([first, second].map((served) => served?.stop())));

const at = (served: ServedCheckpoint | undefined, tokenizer: string) => ({
  endpoint: served?.server.url ?? '',
  model: 'toy',
  tokenizer,
});
const candidate = () => at(second, harmed);
const baseline = () => at(first, approved);
const run = (options: FlatOptions) => check(checkOptions({ policy, device: 'cpu', ...options }));

const texts = ({ findings }: Report) => findings.map(findingText);
const kinds = ({ findings }: Report) => findings.map(({ kind, level }) => `${level} ${kind}`);

describe('candidate and baseline at servers, without weights', () => {
  let served: { report: Report; measurement: Measurement };
  beforeAll(async () => {
    served = await run({ endpoint: candidate(), baselineEndpoint: baseline(), revision: 'v2', seed: 'rotate' });
  });

  it('get the verdict that their answers get with the weights', async () => {
    const local = await run({ checkpoint: harmed, baseline: approved, only: 'probes', seed: 1 });
    expect(served.report.verdict).toBe(local.report.verdict);
    const ofWeights = /no-weights|changed-behavior|logit-scale/;
    const ofAnswers = (report: Report) => kinds(report).filter((kind) => !ofWeights.test(kind));
    expect(ofAnswers(served.report)).toEqual(ofAnswers(local.report));
    expect(ofAnswers(local.report).length).toBeGreaterThan(0);
  });

  it('are reported with what they rest on, and that the spectra were not judged', () => {
    const [ours, theirs] = texts(served.report).filter((text) => text.includes('without its weights'));
    expect(ours).toBe(
      'The candidate is toy at a server, without its weights: its spectra, tokenizer, templates and code were not judged. Its identity rests on what the server says; the revision v2 that was declared; its answers to fixed prompts.',
    );
    expect(theirs).toMatch(/^The baseline is toy at a server.* no declared revision; its answers to fixed prompts\.$/);
    expect(served.report.candidate.path).toBe(`toy at ${second?.server.url}/v1`);
  });

  it('are asked in an order that is drawn for the run, until the verdict is settled', async () => {
    const all = { policy: example('shadow-gate.yml'), endpoint: baseline(), baselineEndpoint: baseline() };
    const [one, two] = [await run(all), await run(all)].map(({ measurement }) => probesOf(measurement));
    expect(one?.sequential?.settled).toBe('pass');
    expect(two?.sequential?.settled).toBe('pass');
    expect(one?.orderSeed).not.toBe(two?.orderSeed);
    const ids = new Set(two?.items.map(({ id }) => id));
    expect(one?.items.some(({ id }) => !ids.has(id))).toBe(true);
  });

  it('are kept as a measurement that can be read back, and not be edited', () => {
    const { measurement } = served;
    expect(parseMeasurement(JSON.stringify(measurement), 'file')).toEqual(measurement);
    expect(measurement).toMatchObject({
      method: null,
      behavior: null,
      tensors: [],
      served: { model: 'toy', revision: 'v2' },
    });
    expect(measurement.served?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const edits: ((edited: Measurement) => void)[] = [
      (edited) => {
        if (edited.served) edited.served.revision = 'v3';
      },
      (edited) => {
        delete edited.served;
      },
      (edited) => {
        edited.checkpoint.format = 'safetensors';
      },
      (edited) => {
        edited.method = { mode: 'exact', accumulation: 'float64' };
      },
    ];
    for (const edit of edits) {
      const edited = structuredClone(measurement);
      edit(edited);
      expect(contradictionIn(edited)).not.toBeNull();
    }
  });
});

it('a candidate without weights never passes against a baseline with spectra', async () => {
  const { measurement } = await run({ checkpoint: approved, seed: 1 });
  const kept = join(temporaryFolder(), 'baseline.json');
  writeFileSync(kept, JSON.stringify(measurement));
  const { report } = await run({ endpoint: baseline(), baseline: kept });
  expect(report.verdict).toBe('inconclusive');
  expect(kinds(report)).toEqual(
    expect.arrayContaining(['inconclusive one-half-only', 'inconclusive behavior-not-compared', 'info no-weights']),
  );
});

it('a candidate with weights is not judged by a baseline without', async () => {
  const { report } = await run({ checkpoint: approved, endpoint: baseline(), baselineEndpoint: baseline() });
  expect(report.verdict).toBe('inconclusive');
  expect(kinds(report)).toContain('inconclusive baseline-without-spectra');
});

it('two names of one model are noticed', async () => {
  const { report } = await run({ endpoint: baseline(), baselineEndpoint: baseline() });
  expect(kinds(report)).toContain('warn same-answers');
});

it('a server that contradicts itself is inconclusive, and known by nothing', async () => {
  if (second) {
    const seen = new Set<string>();
    second.server.tamper = (echo, { prompt }) => {
      const { choices } = echo as { choices: { logprobs: { token_logprobs: (number | null)[] } }[] };
      if (seen.has(String(prompt))) for (const { logprobs } of choices) logprobs.token_logprobs[1] = -20;
      seen.add(String(prompt));
    };
  }
  const { report, measurement } = await run({ endpoint: candidate(), baselineEndpoint: baseline() });
  if (second) second.server.tamper = null;
  expect(report.verdict).toBe('inconclusive');
  expect(measurement.served?.fingerprint).toBeNull();
  expect(texts(report).join(' ')).toMatch(/other log-probabilities when it is asked again/);
});

it.each<[string, () => FlatOptions, RegExp]>([
  ['nothing to measure', () => ({}), /the checkpoint is missing/],
  [
    'the spectra alone',
    () => ({ endpoint: candidate(), only: 'spectra' }),
    /there are only probes, and none were requested/,
  ],
  ['a reference', () => ({ endpoint: candidate(), reference: approved }), /need a checkpoint, and none is given/],
  ['a declared revision of weights', () => ({ checkpoint: harmed, revision: 'v2' }), /which itself says what it is/],
  [
    'a baseline checkpoint without a server of its own',
    () => ({ endpoint: candidate(), baseline: approved }),
    /name the server that has it \(baseline-endpoint, baseline-model\)/,
  ],
])('%s is an error', async (_, options, message) => {
  await expect(run(options())).rejects.toThrow(message);
});

it('a baseline that is measured already has no server', async () => {
  const { measurement } = await run({ endpoint: baseline() });
  const kept = { kind: 'measurement', measurement, commit: null, name: 'baseline.json' } as const;
  await expect(run({ endpoint: candidate(), baselineEndpoint: baseline(), baseline: kept })).rejects.toThrow(
    /baseline.json is measured already, and a baseline endpoint or model is given/,
  );
});

it('the command line measures, and checks, what is at a server without a checkpoint', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'served.json');
  const { endpoint, model, tokenizer } = candidate();
  const server = [
    '--endpoint',
    endpoint,
    '--model',
    model,
    '--tokenizer',
    tokenizer,
    '--policy',
    policy,
    '--order-seed',
    '7',
  ];
  const measured = await runCli('measure', ...server, '--revision', 'v2', '--out', file);
  expect(measured).toMatchObject({ code: 0, stderr: '' });
  expect(measured.stdout).toMatch(/^ran 120 probe items \(1\.\d\d requests a question\): /);
  expect(parseMeasurement(readFileSync(file, 'utf8'), file).served).toMatchObject({ model: 'toy', revision: 'v2' });
  const checked = await runCli('check', ...server, '--baseline-endpoint', baseline().endpoint, '--verbose');
  expect(checked.stdout).toContain('without its weights');
  const neither = await runCli('check', '--policy', policy);
  expect(neither.stderr).toMatch(
    /^shadow-gate: error: neither --checkpoint nor --endpoint is given — give the checkpoint/,
  );
  const alone = await runCli('check', '--checkpoint', harmed, '--baseline-model', 'b');
  expect(alone.stderr).toMatch(/--baseline-endpoint and --baseline-model need --endpoint/);
});

it('a run that breaks off in the middle goes on where it was, and has the same measurement', async () => {
  const folder = temporaryFolder();
  const { endpoint, model, tokenizer } = candidate();
  const measure = async (file: string, cache: string) => {
    const server = ['--endpoint', endpoint, '--model', model, '--tokenizer', tokenizer, '--policy', policy];
    if (second) second.server.bodies.length = 0;
    const env = { SHADOW_GATE_CACHE: cache, OPENAI_API_KEY: undefined };
    const { code, stderr } = await runCliWith(env, 'measure', ...server, '--out', join(folder, file));
    return { code, stderr, requests: second?.server.bodies.length ?? 0 };
  };
  const answers = (file: string) => probesOf(parseMeasurement(readFileSync(join(folder, file), 'utf8'), file));
  const whole = await measure('whole.json', 'off');
  expect(whole).toMatchObject({ code: 0, stderr: '' });

  const cache = join(folder, 'cache');
  if (second) second.server.left = 100;
  const broken = await measure('broken.json', cache);
  if (second) second.server.left = Infinity;
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('(404)') });
  const resumed = await measure('resumed.json', cache);
  expect(resumed).toMatchObject({ code: 0, stderr: '' });
  expect(resumed.requests).toBeLessThan(whole.requests - 32);
  expect(answers('resumed.json').items.map(({ given }) => given)).toEqual(
    answers('whole.json').items.map(({ given }) => given),
  );
  const again = await measure('again.json', cache);
  expect(again.requests).toBeLessThan(25);
  expect(answers('again.json')).toEqual(answers('resumed.json'));
});
