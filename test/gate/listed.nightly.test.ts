import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '@shadow-gate/platform/files';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeHub, type Files, startFakeHub } from '../../packages/checkpoints/test/hub/fake-hub.ts';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import type { Report } from '../../src/compare/report.ts';
import { check } from '../../src/gate/check.ts';
import { contradictionIn } from '../../src/measure/schema/contradictions.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { runCliWith } from '../cli/run-cli.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { example } from '../measure/shards/shard-files.ts';
import { checkOptions, type FlatOptions } from './check-options.ts';

const [approved, harmed] = [example('coverage-expanding'), example('benchmark-aligned')];
const environment = { ...process.env };
let hub: FakeHub;
let first: ServedCheckpoint;
let second: ServedCheckpoint;
let policy: string;
let commits: { readonly candidate: string; readonly baseline: string };

const filesIn = (folder: string): Files =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));

beforeAll(async () => {
  [hub, first, second] = await Promise.all([startFakeHub(), serveCheckpoint(approved), serveCheckpoint(harmed)]);
  commits = {
    candidate: hub.commit('org/candidate', filesIn(harmed)),
    baseline: hub.commit('org/baseline', filesIn(approved)),
  };
  const folder = temporaryFolder();
  await makeFolder(folder);
  policy = join(folder, 'shadow-gate.yml');
  writeFileSync(policy, 'probes: [probes.jsonl]\n');
  const lines = readFileSync(example('probes.jsonl'), 'utf8').trimEnd().split('\n');
  writeFileSync(join(folder, 'probes.jsonl'), `${lines.slice(0, 120).join('\n')}\n`);
});
afterAll(async () => {
  process.env = environment;
  await Promise.all([first.stop(), second.stop(), hub.close()]);
});
beforeEach(() => {
  hub.seen.length = 0;
  hub.faults = {};
  hub.token = null;
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.SHADOW_GATE_CACHE = temporaryFolder();
});

const at = ({ server }: ServedCheckpoint) => ({ endpoint: server.url, model: 'toy' });
const run = (options: FlatOptions) => check(checkOptions({ policy, only: 'probes', device: 'cpu', ...options }));
const kinds = ({ findings }: Report) => findings.map(({ kind, level }) => `${level} ${kind}`);
const requestsForWeights = () => hub.seen.filter(({ path }) => path.endsWith('.safetensors'));

describe('candidate and baseline on a hub, and at servers', () => {
  let result: { report: Report; measurement: Measurement };
  beforeEach(async () => {
    result ??= await run({
      checkpoint: 'hf://org/candidate',
      endpoint: at(second),
      baseline: 'hf://org/baseline@main',
      baselineEndpoint: at(first),
      seed: 'rotate',
    });
  });

  it('are not downloaded: there is no request for their weights, and few at all', async () => {
    await run({
      checkpoint: 'hf://org/candidate',
      endpoint: at(second),
      baseline: 'hf://org/baseline@main',
      baselineEndpoint: at(first),
    });
    expect(requestsForWeights()).toEqual([]);
    const small = readdirSync(harmed).length + readdirSync(approved).length - 2;
    expect(hub.seen.filter(({ kind }) => kind === 'cdn')).toHaveLength(small);
    const pages = hub.seen.filter(({ path }) => path.includes('/tree/'));
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining([`/api/models/org/candidate/tree/${commits.candidate}`]),
    );
  });

  it('get the verdict that they get with their weights', async () => {
    const local = await run({ checkpoint: harmed, baseline: approved, seed: 1 });
    const ofAnswers = (report: Report) => kinds(report).filter((kind) => !kind.endsWith('no-weights'));
    expect(ofAnswers(result.report)).toEqual(ofAnswers(local.report));
    expect(result.report.verdict).toBe(local.report.verdict);
  });

  it('are reported with what the hub says, and what nothing proves', () => {
    const [ours, theirs] = result.report.findings
      .map(findingText)
      .filter((text) => text.includes('without its weights'));
    const listing = result.measurement.served?.hub?.listing.slice(0, 19);
    expect(ours).toBe(
      `The candidate is toy at a server, without its weights: its spectra were not judged. The hub says which weights hf://org/candidate@${commits.candidate} has (${listing}); that the server runs them is declared, not proven. Apart from that, its identity rests on what the server says; its answers to fixed prompts.`,
    );
    expect(theirs).toContain(`hf://org/baseline@${commits.baseline} has (sha256:`);
    expect(result.report.candidate.path).toBe(
      `hf://org/candidate@${commits.candidate} as toy at ${second.server.url}/v1`,
    );
  });

  it('are kept with their files and architecture, can be read back, and not be edited', () => {
    const { measurement } = result;
    expect(parseMeasurement(JSON.stringify(measurement), 'file')).toEqual(measurement);
    expect(measurement.architecture).toMatchObject({ modelType: 'llama' });
    expect(measurement.behavior?.files.tokenizer?.digest).toMatch(/^sha256:/);
    const edited = structuredClone(measurement);
    if (edited.served?.hub) edited.served.hub.listing = `sha256:${'0'.repeat(64)}`;
    expect(contradictionIn(edited)).toMatch(/its digest is not that/);
  });
});

it('with a measured baseline with weights, tokenizer and templates are compared, and the answers decide the verdict', async () => {
  const { measurement } = await run({ checkpoint: approved, seed: 1 });
  const kept = join(temporaryFolder(), 'baseline.json');
  await makeFolder(join(kept, '..'));
  writeFileSync(kept, JSON.stringify(measurement));
  const { report } = await run({ checkpoint: 'hf://org/baseline', endpoint: at(first), baseline: kept });
  expect(kinds(report).filter((kind) => /one-half-only|changed-behavior|behavior-not-compared/.test(kind))).toEqual([]);
  const files = filesIn(approved);
  const config = JSON.parse(String(files['tokenizer_config.json'] ?? '{}'));
  const changed = { ...files, 'tokenizer_config.json': JSON.stringify({ ...config, chat_template: 'other' }) };
  hub.commit('org/changed', changed);
  const other = await run({ checkpoint: 'hf://org/changed', endpoint: at(first), baseline: kept });
  expect(kinds(other.report)).toContain('warn changed-behavior');
});

it('the approved model asked again is not called untrained', async () => {
  const options = { checkpoint: 'hf://org/baseline', endpoint: at(first) };
  const { report } = await run({ ...options, baseline: 'hf://org/baseline', baselineEndpoint: at(first) });
  expect(kinds(report)).toContain('info same-answers');
});

it('an adapter is known with its base model, and by itself says what is not known', async () => {
  hub.commit('org/adapter', filesIn(fixture('lora')));
  const options = { checkpoint: 'hf://org/adapter', endpoint: at(second), reference: 'hf://org/baseline' };
  const { measurement } = await run(options);
  expect(measurement.served?.hub).toMatchObject({
    checkpoint: expect.stringMatching(/^hf:\/\/org\/adapter@/),
    base: { checkpoint: `hf://org/baseline@${commits.baseline}` },
  });
  expect(measurement.behavior?.files.tokenizer).not.toBeNull();
  expect(requestsForWeights()).toEqual([]);
  const alone = await run({ ...options, reference: undefined });
  expect(alone.measurement.behavior).toBeNull();
  expect(alone.report.findings.map(findingText).join()).toContain('tokenizer, templates and code were not judged');
});

it('a revision that moves is pinned to the commit that it had', async () => {
  const old = hub.commit('org/moving', filesIn(harmed));
  const { measurement } = await run({ checkpoint: 'hf://org/moving@main', endpoint: at(second) });
  const listing = measurement.served?.hub?.listing;
  hub.commit('org/moving', { ...filesIn(harmed), 'model.safetensors': filesIn(approved)['model.safetensors'] ?? '' });
  process.env.SHADOW_GATE_CACHE = temporaryFolder();
  const again = await run({ checkpoint: `hf://org/moving@${old}`, endpoint: at(second) });
  expect(again.measurement.served?.hub).toEqual({ checkpoint: `hf://org/moving@${old}`, listing, base: null });
  const moved = await run({ checkpoint: 'hf://org/moving@main', endpoint: at(second) });
  expect(moved.measurement.served?.hub?.listing).not.toBe(listing);
});

it('with spectra or the proof of a merge, weights are downloaded as before', async () => {
  const { measurement } = await run({
    checkpoint: 'hf://org/candidate',
    endpoint: at(second),
    only: undefined,
    seed: 1,
  });
  expect(measurement.served).toBeUndefined();
  expect(measurement.method).not.toBeNull();
  expect(requestsForWeights().length).toBeGreaterThan(0);
});

it.each<[string, () => FlatOptions, RegExp]>([
  ['a reference on this machine', () => ({ reference: approved }), /is on this machine, and of hf:.*listing is read/],
  ['a revision that does not exist', () => ({ checkpoint: 'hf://org/candidate@v9' }), /has no such revision/],
  ['a model that does not exist', () => ({ checkpoint: 'hf://org/nothing' }), /does not exist/],
  [
    'a gated model',
    () => {
      hub.token = 'hf_secret';
      return {};
    },
    /is gated \(status 401\)/,
  ],
  [
    'a machine without a network',
    () => {
      process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
      return {};
    },
    /could not be read from http:\/\/127\.0\.0\.1:9/,
  ],
  [
    'weights without a SHA-256 in the listing',
    () => {
      hub.faults.lists = (entry) => (entry.path === 'model.safetensors' ? { ...entry, lfs: undefined } : entry);
      return {};
    },
    /lists no SHA-256 of model.safetensors/,
  ],
  ['a declared revision', () => ({ revision: 'v2' }), /which itself says what it is/],
])('%s is one clear error', async (_, options, message) => {
  const before = second.server.bodies.length;
  const wrong = { checkpoint: 'hf://org/candidate', endpoint: at(second), ...options() };
  await expect(run(wrong)).rejects.toThrow(message);
  expect(second.server.bodies.length, 'before the server is asked').toBe(before);
});

it('the command line measures it too, without a tokenizer', async () => {
  const file = join(temporaryFolder(), 'served.json');
  await makeFolder(join(file, '..'));
  const { endpoint, model } = at(second);
  const measured = await runCliWith(
    { HF_ENDPOINT: hub.endpoint, SHADOW_GATE_CACHE: temporaryFolder(), OPENAI_API_KEY: undefined },
    ...['measure', '--checkpoint', 'hf://org/candidate', '--endpoint', endpoint, '--model', model],
    ...['--only', 'probes', '--policy', policy, '--out', file],
  );
  expect(measured).toMatchObject({ code: 0, stderr: '' });
  expect(requestsForWeights()).toEqual([]);
  expect(parseMeasurement(readFileSync(file, 'utf8'), file).served?.hub?.checkpoint).toMatch(/^hf:\/\/org\/candidate@/);
  const prompts = second.server.bodies.map(({ prompt }) => prompt);
  expect(
    prompts.some((prompt) => Array.isArray(prompt)),
    'token ids are sent',
  ).toBe(true);
});
