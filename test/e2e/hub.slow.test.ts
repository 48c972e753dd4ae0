import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type FakeHub, startFakeHub } from '../../packages/checkpoints/test/hub/fake-hub.ts';
import { serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';
import { annotations, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA, runAction } from './run-action.ts';

const rig = useRig();
let hub: FakeHub;

beforeAll(async () => {
  hub = await startFakeHub();
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.token = 'hf_secret';
  hub.seen.length = 0;
});

function commit(name: string): string {
  const folder = repository('examples', name);
  const files = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]);
  return hub.commit(`org/${name}`, Object.fromEntries(files));
}

function gate(inputs: Record<string, string>, environment: Record<string, string>) {
  return runAction({
    folder: temporaryFolder(),
    workspace: rig.path(''),
    api: rig.github.url,
    results: rig.results,
    inputs,
    environment: { HF_ENDPOINT: hub.endpoint, SHADOW_GATE_CACHE: temporaryFolder(), ...environment },
  });
}

it('candidate, reference and baseline can be on a hub, and the log names their commits', async () => {
  const [candidate, base] = [commit('benchmark-aligned'), commit('base')];
  const inputs = {
    checkpoint: 'hf://org/benchmark-aligned@main',
    reference: 'hf://org/base',
    baseline: 'hf://org/base',
    policy: repository('examples', 'shadow-gate.yml'),
  };
  const outcome = await gate(inputs, { HF_TOKEN: 'hf_secret' });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.log).toContain(`(hf://org/benchmark-aligned@${candidate})`);
  expect(outcome.log).toContain(`(hf://org/base@${base})`);
  expect(outcome.log).not.toContain('hf_secret');
  const { run } = JSON.parse(readFileSync(outcome.outputs.measurement ?? '', 'utf8'));
  expect(run).toMatchObject({
    checkpoint: `hf://org/benchmark-aligned@${candidate}`,
    reference: `hf://org/base@${base}`,
  });
  const weights = hub.seen.filter(({ kind, path }) => kind === 'cdn' && path.endsWith('.safetensors'));
  const ranges = weights.map(({ range }) => (range ? range[1] - range[0] : 0)).reduce((sum, bytes) => sum + bytes, 0);
  const size = (name: string) => readFileSync(repository('examples', name, 'model.safetensors')).length;
  expect(ranges, 'each file once, although the base is both reference and baseline').toBe(
    size('benchmark-aligned') + size('base'),
  );
});

it('where a server answers the probes, no byte of the weights is requested', async () => {
  const sha = commit('benchmark-aligned');
  const served = await serveCheckpoint(repository('examples', 'benchmark-aligned'));
  const lines = readFileSync(repository('examples', 'probes.jsonl'), 'utf8').split('\n').slice(0, 120);
  writeFileSync(rig.path('probes.jsonl'), lines.join('\n'));
  writeFileSync(rig.path('shadow-gate.yml'), 'probes: [probes.jsonl]\n');
  const endpoint = served.server.url;
  const inputs = {
    checkpoint: 'hf://org/benchmark-aligned',
    endpoint,
    model: 'toy',
    only: 'probes',
  };
  const outcome = await gate(inputs, { HF_TOKEN: 'hf_secret' });
  await served.stop();
  expect(outcome.outputs.verdict, outcome.log).toBe('warn');
  const { run, probes } = JSON.parse(readFileSync(outcome.outputs.measurement ?? '', 'utf8'));
  expect(run.checkpoint).toBe(`hf://org/benchmark-aligned@${sha} as toy at ${endpoint}/v1`);
  expect(probes.status).toBe('measured');
  expect(hub.seen.filter(({ path }) => path.endsWith('.safetensors'))).toEqual([]);
});

it('a data set as probes is read as the policy at the base commit names it, and the measurement has its commit', async () => {
  const file = readFileSync(fixture('parquet', 'snappy.parquet'));
  const sha = hub.commit('datasets/org/exam', { 'a/test.parquet': file, 'a/easy.parquet': file });
  const [own, easy] = ['test', 'easy'].map((split) => `probes: [hf://datasets/org/exam/a/${split}]\n`);
  rig.github.files.set(`${BASE_SHA}:shadow-gate.yml`, own ?? '');
  rig.github.files.set(`${HEAD_SHA}:shadow-gate.yml`, easy ?? '');
  writeFileSync(rig.path('shadow-gate.yml'), easy ?? '');
  const inputs = { checkpoint: repository('examples', 'benchmark-aligned'), only: 'probes' };
  const outcome = await gate(inputs, { HF_TOKEN: 'hf_secret' });
  expect(outcome.log).not.toContain('hf_secret');
  expect(outcome.summary).toContain('This change edits the policy');
  const { probes } = JSON.parse(readFileSync(outcome.outputs.measurement ?? '', 'utf8'));
  const source = `hf://datasets/org/exam@${sha}/a/test`;
  expect(probes.suites).toMatchObject([{ name: 'org/exam/a/test', source }]);
  expect(probes.notes).toEqual([expect.stringContaining(source)]);
  const without = await gate(inputs, {});
  expect(without.code).toBe(1);
  expect(without.outputs.verdict).toBeUndefined();
  expect(annotations(without)[0]?.message).toMatch(/^hf:\/\/datasets\/org\/exam\/a\/test is gated \(status 401\)/);
});

it('without the token the step fails with one line and a hint', async () => {
  commit('base');
  const outcome = await gate({ checkpoint: 'hf://org/base' }, {});
  expect(outcome.code).toBe(1);
  expect(outcome.outputs.verdict).toBeUndefined();
  expect(annotations(outcome).map(({ message }) => message)).toEqual([
    expect.stringMatching(/^hf:\/\/org\/base is gated \(status 401\) — set HF_TOKEN/),
  ]);
});
