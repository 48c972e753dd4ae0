import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { example } from '../measure/shards/shard-files.ts';
import { useRig } from './rig.ts';

const rig = useRig({ hasServices: false });
const tokenizer = example('benchmark-aligned');
let candidate: ServedCheckpoint;
let baseline: ServedCheckpoint;

beforeAll(async () => {
  candidate = await serveCheckpoint(tokenizer);
  baseline = await serveCheckpoint(example('coverage-expanding'));
});
afterAll(() => Promise.all([candidate, baseline].map((served) => served.stop())));

it('a run without any weights, both models served, ends in a verdict that says what it rests on', async () => {
  const lines = (await readFile(example('probes.jsonl'), 'utf8')).split('\n').slice(0, 120);
  await writeFile(rig.path('probes.jsonl'), lines.join('\n'));
  await writeFile(rig.path('shadow-gate.yml'), 'probes: [probes.jsonl]\n');
  const outcome = await rig.gate({
    endpoint: candidate.server.url,
    model: 'toy',
    tokenizer,
    revision: 'v2',
    'baseline-endpoint': baseline.server.url,
    seed: 'rotate',
    concurrency: '2',
  });
  expect(outcome.outputs.verdict, outcome.log).toMatch(/^(pass|warn|fail|inconclusive)$/);
  expect(outcome.log).toContain('Measuring toy');
  expect(rig.github.comments[0]?.body).toMatch(
    /at a server, without its weights.*the revision <code>v2<\/code> that was declared/s,
  );
  expect(rig.github.comments[0]?.body).toContain('· no weights<br>');
  const { served, probes } = await readMeasurement(outcome.outputs.measurement ?? '');
  expect(served).toMatchObject({ model: 'toy', revision: 'v2' });
  expect(probes).toMatchObject({ status: 'measured' });
  expect(candidate.server.mostAtOnce).toBeLessThanOrEqual(2);
});
