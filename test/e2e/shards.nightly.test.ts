import { cp, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { repository } from '../fixtures.ts';
import { annotations, useRig, WEIGHTS } from './rig.ts';
import { BASE_SHA, HEAD_SHA, type Outcome, PUSH } from './run-action.ts';

const rig = useRig();

const example = (name: string) => repository('examples', name);
const CANDIDATE = {
  checkpoint: example('benchmark-aligned'),
  reference: example('base'),
  policy: example('shadow-gate.yml'),
};

const requestsFor = (part: string) => rig.github.requests.filter((line) => line.includes(`/repos/o/r/${part}/`));

async function measurement(path = ''): Promise<Record<string, unknown>> {
  const { run: _, ...rest } = JSON.parse(await readFile(path, 'utf8'));
  return rest;
}

it('four merged shards are what one machine measures, and get one comment', async () => {
  const base = await rig.gate({ ...CANDIDATE, checkpoint: example('base') }, { event: PUSH });
  await cp(base.outputs.measurement ?? '', rig.path('baseline.json'));
  for (const index of [3, 1, 4, 2]) {
    const shard = await rig.gate({ ...CANDIDATE, baseline: 'baseline.json', shard: `${index}/4` }, { runId: 42 });
    expect(shard.code, shard.log).toBe(0);
    expect(shard.outputs).toEqual({ measurement: expect.any(String) });
    expect(shard.summary).toBe('');
  }
  expect(rig.github.comments).toEqual([]);
  // `permissions: actions: read` of matrix.yml.
  expect(requestsFor('actions')).not.toEqual([]);
  const { reference, policy } = CANDIDATE;
  const merging = { mode: 'merge', baseline: 'baseline.json', reference, policy, checkpoint: CANDIDATE.checkpoint };
  const merged = await rig.gate(merging, { runId: 42 });
  expect(merged.outputs.verdict, merged.log).toBe('fail');
  expect(merged.code).toBe(1);
  expect(rig.github.comments).toHaveLength(1);
  expect(rig.github.comments[0]?.body).toMatch(/shadow delta\S* of \S+ is 4\d\.\d\spoints/);

  // A shard asks its share of everything.
  const whole = await rig.gate({ ...CANDIDATE, baseline: 'baseline.json', all: 'true' });
  expect(await measurement(merged.outputs.measurement)).toEqual(await measurement(whole.outputs.measurement));
});

it('spectra of the weights on some machines and probes at a server on another get the verdict of one run', async () => {
  const served = await serveCheckpoint(CANDIDATE.checkpoint);
  const lines = (await readFile(example('probes.jsonl'), 'utf8')).split('\n').slice(0, 120);
  await writeFile(rig.path('probes.jsonl'), lines.join('\n'));
  await writeFile(rig.path('shadow-gate.yml'), 'probes: [probes.jsonl]\n');
  const inputs = { checkpoint: CANDIDATE.checkpoint, reference: CANDIDATE.reference, baseline: 'baseline.json' };
  const server = { endpoint: served.server.url, model: 'toy', tokenizer: CANDIDATE.checkpoint };
  const approved = await rig.gate(
    { ...inputs, checkpoint: example('coverage-expanding'), baseline: '' },
    { event: PUSH },
  );
  await cp(approved.outputs.measurement ?? '', rig.path('baseline.json'));
  for (const shard of ['1/2', '2/2']) {
    const { code, log } = await rig.gate({ ...inputs, only: 'spectra', shard }, { runId: 42 });
    expect(code, log).toBe(0);
  }
  const answers = { checkpoint: inputs.checkpoint, baseline: inputs.baseline, ...server, only: 'probes', shard: '1/1' };
  const before = requestsFor('actions');
  const asked = await rig.gate(answers, { runId: 42 });
  // The job of server.yml that asks the server has no such permission.
  expect(requestsFor('actions')).toEqual(before);
  expect(asked.code, asked.log).toBe(0);
  expect(asked.log).toContain('artifact shadow-gate-default-shard-probes-1-of-1');
  const merged = await rig.gate(
    { mode: 'merge', baseline: inputs.baseline, reference: inputs.reference },
    { runId: 42 },
  );
  const whole = await rig.gate({ ...inputs, ...server, all: 'true' });
  await served.stop();
  expect(merged.outputs.verdict, merged.log).toBe(whole.outputs.verdict);
  expect(merged.outputs['shadow-delta']).toBe(whole.outputs['shadow-delta']);
  expect(await measurement(merged.outputs.measurement)).toEqual(await measurement(whole.outputs.measurement));
});

it('a shard that is missing or foreign is an error that names it, not a verdict on the rest', async () => {
  const inputs = { checkpoint: 'model', only: 'spectra' };
  for (const index of [1, 2, 4]) await rig.gate({ ...inputs, shard: `${index}/4` }, { runId: 42 });
  const missing = await rig.gate({ mode: 'merge' }, { runId: 42 });
  expect(missing.code).toBe(1);
  expect(annotations(missing)[0]?.message).toMatch(/shard 3\b.*missing/);
  expect(missing.outputs).toEqual({});

  await rig.gate({ ...inputs, checkpoint: example('base'), shard: '3/4' }, { runId: 42 });
  expect(annotations(await rig.gate({ mode: 'merge' }, { runId: 42 }))[0]?.message).toMatch(
    /is not a shard of the same measurement.*another checkpoint/,
  );
  // A job that runs again replaces its artifact.
  await rig.gate({ ...inputs, shard: '3/4' }, { runId: 42 });
  expect((await rig.gate({ mode: 'merge' }, { runId: 42 })).outputs.verdict).toBe('warn');
  expect(rig.github.comments).toHaveLength(1);
});

it('shards that another job of the run uploaded, of another commit or checkpoint, get no verdict', async () => {
  const inputs = { ...WEIGHTS, checkpoint: 'model', shard: '1/1' };
  const merge = { ...WEIGHTS, mode: 'merge' };
  const message = (outcome: Outcome) => {
    expect([outcome.code, outcome.outputs], outcome.log).toEqual([1, {}]);
    return annotations(outcome)[0]?.message;
  };
  const other = { environment: { GITHUB_SHA: 'c'.repeat(40) }, event: PUSH, runId: 42 };
  await rig.gate(inputs, other);
  expect(message(await rig.gate(merge, { event: PUSH, runId: 42 }))).toContain(
    `is of commit ${'c'.repeat(40)}, and this run is about ${HEAD_SHA}`,
  );
  // The candidate of this commit is broken, and a good one was measured in its place.
  await rig.gate(inputs, { event: PUSH, runId: 42 });
  expect(message(await rig.gate({ ...merge, checkpoint: 'broken' }, { event: PUSH, runId: 42 }))).toMatch(
    /^the shards are of another checkpoint than broken: sha256:\w+ was measured, not sha256:/,
  );
  const same = await rig.gate({ ...merge, checkpoint: 'model' }, { event: PUSH, runId: 42 });
  expect(same.outputs.verdict, same.log).toBe('warn');
  await writeFile(rig.path('model', 'generation_config.json'), '{"temperature": 2}');
  expect(message(await rig.gate({ ...merge, checkpoint: 'model' }, { event: PUSH, runId: 42 }))).toMatch(
    /^the shards are of model with another tokenizer, template, sampling or code/,
  );
});

it('the job that merges takes the path of the reference from its own input, not from shards', async () => {
  await cp(rig.path('model'), rig.path('base'), { recursive: true });
  await cp(rig.path('model'), rig.path('elsewhere'), { recursive: true });
  rig.github.files.set(`${BASE_SHA}:base/config.json`, '{}');
  rig.github.files.set(`${HEAD_SHA}:base/config.json`, '[]');
  // The shard says that its reference is somewhere that no change has touched.
  const shard = { ...WEIGHTS, checkpoint: 'model', reference: 'elsewhere', shard: '1/1' };
  expect((await rig.gate(shard, { runId: 42 })).code).toBe(0);
  const merged = await rig.gate({ ...WEIGHTS, mode: 'merge', reference: 'base' }, { runId: 42 });
  expect(merged.outputs.verdict, merged.log).toBe('inconclusive');
  expect(merged.summary).toContain('This change edits the reference <code>base</code>');
  const untold = await rig.gate({ ...WEIGHTS, mode: 'merge' }, { runId: 42 });
  expect(untold.code).toBe(1);
  expect(annotations(untold)[0]?.message).toMatch(/^the shards were measured against a reference, and the input/);
});

it('each key has its own shards, and a run sees only its own', async () => {
  const inputs = { checkpoint: 'model', only: 'spectra', shard: '1/1' };
  await rig.gate({ ...inputs, key: 'llama 8b' }, { runId: 42 });
  for (const [key, runId] of [
    ['llama', 42],
    ['llama 8b', 43],
  ] as const) {
    const outcome = await rig.gate({ mode: 'merge', key }, { runId });
    expect(annotations(outcome)[0]?.message).toMatch(/^this run has no artifact shadow-gate-llama/);
  }
  const own = await rig.gate({ mode: 'merge', key: 'llama 8b' }, { runId: 42 });
  expect(own.outputs.verdict, own.log).toBe('warn');
});

it('a shard that cannot be uploaded fails its job; a baseline checkpoint and a budget are refused before measuring', async () => {
  rig.results.faults.push({ request: /CreateArtifact/, status: 403 });
  const inputs = { checkpoint: 'model', only: 'spectra', shard: '1/2' };
  const outcome = await rig.gate(inputs);
  expect(outcome.code).toBe(1);
  expect(annotations(outcome)[0]?.message).toMatch(/could not be uploaded/);
  expect(annotations(await rig.gate({ ...inputs, baseline: 'model' }))[0]?.message).toMatch(
    /baseline is to be measured now/,
  );
  expect(annotations(await rig.gate({ ...inputs, budget: '5m' }))[0]?.message).toMatch(/budget/);
  await writeFile(rig.path('report.json'), '{}');
  expect(annotations(await rig.gate({ ...inputs, mode: 'merge' }))[0]?.message).toMatch(/exclude each other/);
});
