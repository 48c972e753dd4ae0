import type { ProbeItem } from '@shadow-gate/probes/item';
import type { Suite } from '@shadow-gate/probes/suite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Habits } from '../../packages/language-model/test/remote/completions-server.ts';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { compare } from '../../src/compare/compare.ts';
import { selectProbes } from '../../src/gate/select-probes.ts';
import type { ProbeRunOptions } from '../../src/measure/options.ts';
import { mergeFiles } from '../../src/measure/shards/merge.ts';
import { findPolicy } from '../../src/policy/load.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { example, type Measuring, measuring, writeShards } from './shards/shard-files.ts';

const checkpoint = example('benchmark-aligned');
let served: ServedCheckpoint;
let local: Awaited<ReturnType<Measuring>>;
let probes: ProbeRunOptions;

beforeAll(async () => {
  served = await serveCheckpoint(checkpoint);
  const all = await selectProbes(await findPolicy(example('shadow-gate.yml')), { seed: 1 });
  if (all === null) throw new Error('no probes');
  // The test server works out the answer to every token of a prompt anew.
  const suites = all.suites.map((suite) => ({ ...suite, items: suite.items.slice(0, 32) }));
  probes = { ...all, suites };
  local = await (await measuring({ checkpoint, spectra: false, reference: null, probes }))();
});
afterAll(() => served.stop());

const serving = () =>
  measuring({
    checkpoint,
    spectra: false,
    reference: null,
    probes,
    endpoint: { endpoint: served.server.url, model: 'toy', tokenizer: checkpoint },
  });

/** What was answered, with what a server rounds otherwise in whole percent. */
function answersOf({ probes }: typeof local) {
  if (probes?.status !== 'measured') throw new Error('the probes did not run');
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return probes.items.map(({ id, given, correct, logprobs }) => ({
    id,
    given,
    correct,
    logprobs: logprobs?.map(rounded),
  }));
}

it.each<[string, Partial<Habits>]>([
  ['lists what is asked for', {}],
  ['lists its most likely tokens', { nextTokens: 'most likely' }],
  ['lists no next tokens', { nextTokens: 'refused' }],
])('a server that %s gives the answers of the checkpoint, in at most 1.2 requests a question', async (_, habits) => {
  const { habits: usual } = served.server;
  const before = { ...usual };
  Object.assign(usual, habits);
  const measurement = await (await serving())();
  Object.assign(usual, before);
  expect(answersOf(measurement)).toEqual(answersOf(local));
  const { requests, questions } = measurement.run.probes?.server ?? { requests: 0, questions: 0 };
  expect(questions).toBeGreaterThan(32);
  expect(requests / questions).toBeLessThanOrEqual(1.2);
  expect(requests).toBeGreaterThanOrEqual(questions);
});

it('a server writes the same replies to requests, which the same patterns read', async () => {
  const prompts = probes.suites[0]?.items.slice(0, 12).map(({ prompt }) => prompt) ?? [];
  // What the toy says: every other word of its vocabulary is a color.
  const refusals = ['^(pink|green|brown|gold)'];
  const items = prompts.map((prompt, i): ProbeItem => {
    const place = {
      fact: `r${i}`,
      capability: 'refusal',
      family: 'refusal',
      cluster: 'exam',
      form: 'benchmark',
    } as const;
    return { id: `r${i}`, ...place, prompt, question: { kind: 'exact', target: 'gold', refusals, stop: ['.'] } };
  });
  const requests: Suite = {
    ...{ name: 'requests', version: null, digest: 'sha256:r', seed: null, items, size: items.length, path: null },
    ...{ warnings: [], maxNewTokens: 4, role: 'refusal' },
  };
  const asked = { ...probes, suites: [requests] };
  const own = answersOf(await (await measuring({ checkpoint, spectra: false, reference: null, probes: asked }))());
  const endpoint = { endpoint: served.server.url, model: 'toy', tokenizer: checkpoint };
  const through = await measuring({ checkpoint, spectra: false, reference: null, probes: asked, endpoint });
  expect(answersOf(await through())).toEqual(own);
  expect(new Set(own.map(({ correct }) => correct))).toEqual(new Set([true, false]));
});

it('a server that encodes the texts itself gets one request a question as well', async () => {
  const measure = await measuring({
    checkpoint,
    spectra: false,
    reference: null,
    probes,
    endpoint: { endpoint: served.server.url, model: 'toy' },
  });
  const { requests, questions } = (await measure()).run.probes?.server ?? { requests: 0, questions: 1 };
  expect(requests / questions).toBeLessThanOrEqual(1.2);
});

it('the requests of several machines are added up', async () => {
  const [whole, merged] = [await (await serving())(), await mergeFiles(await writeShards(await serving(), 2))];
  const [alone, together] = [whole.run.probes?.server, merged.run.probes?.server];
  // Each machine asks the trial of its own.
  expect(together?.questions).toBeGreaterThan(alone?.questions ?? 0);
  expect(answersOf(merged)).toEqual(answersOf(whole));
});

it('a server that contradicts itself makes the verdict inconclusive, with the cause, and never a failure of the candidate', async () => {
  const seen = new Set<string>();
  served.server.tamper = (echo, { prompt }) => {
    const { choices } = echo as { choices: { logprobs: { token_logprobs: (number | null)[] } }[] };
    if (seen.has(String(prompt))) for (const { logprobs } of choices) logprobs.token_logprobs[1] = -20;
    seen.add(String(prompt));
  };
  const measurement = await (await serving())();
  served.server.tamper = null;
  expect(measurement.probes).toMatchObject({ status: 'notRun', cause: 'untrusted-server' });
  const { policy } = await findPolicy(example('shadow-gate.yml'));
  const report = compare({
    candidate: measurement,
    baseline: local,
    policy,
    policyPath: null,
    baselinePath: null,
    baselineCommit: null,
    only: 'probes',
    today: new Date(),
  });
  expect(report.verdict).toBe('inconclusive');
  const finding = report.findings.find(({ kind }) => kind === 'probes-not-run');
  expect(finding && findingText(finding)).toMatch(
    /gives a fixed prompt other log-probabilities when it is asked again/,
  );
});
