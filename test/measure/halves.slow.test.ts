import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeJson } from '@shadow-gate/platform/files';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeHub, startFakeHub } from '../../packages/checkpoints/test/hub/fake-hub.ts';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { compare } from '../../src/compare/compare.ts';
import { selectProbes } from '../../src/gate/select-probes.ts';
import { type ListedModel, openListedModel } from '../../src/measure/listed.ts';
import { measureServed } from '../../src/measure/measure-served.ts';
import type { ProbeRunOptions } from '../../src/measure/options.ts';
import { contradictionIn } from '../../src/measure/schema/contradictions.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { mergeFiles } from '../../src/measure/shards/merge.ts';
import { findPolicy } from '../../src/policy/load.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { exceptProgress, runCli } from '../cli/run-cli.ts';
import { temporaryFolder } from '../fixtures.ts';
import type { PathOptions } from './measure-path.ts';
import { example, measuring, text, writeShards } from './shards/shard-files.ts';

const checkpoint = example('benchmark-aligned');
const environment = { ...process.env };
let served: ServedCheckpoint;
let hub: FakeHub;
let commit: string;
let probes: ProbeRunOptions;
let spectra: readonly string[];
let whole: Measurement;

const endpoint = () => ({ endpoint: served.server.url, model: 'toy', tokenizer: checkpoint });
const one = async (options: Partial<PathOptions>) => (await measuring({ checkpoint, probes, ...options }))();

beforeAll(async () => {
  [served, hub] = await Promise.all([serveCheckpoint(checkpoint), startFakeHub()]);
  const files = readdirSync(checkpoint).map((file) => [file, readFileSync(join(checkpoint, file))]);
  commit = hub.commit('org/model', Object.fromEntries(files));
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.SHADOW_GATE_CACHE = temporaryFolder();
  const all = await selectProbes(await findPolicy(example('shadow-gate.yml')), { seed: 1 });
  if (all === null) throw new Error('no probes');
  // The test server works out the answer to every token of a prompt anew.
  probes = { ...all, suites: all.suites.map((suite) => ({ ...suite, items: suite.items.slice(0, 80) })) };
  spectra = await writeShards(await measuring({ checkpoint, probes: null }), 2);
  whole = await one({ endpoint: endpoint() });
});
afterAll(async () => {
  process.env = environment;
  await Promise.all([served.stop(), hub.close()]);
});

async function write(measurement: Measurement): Promise<string> {
  const file = join(temporaryFolder(), 'half.json');
  await makeFolder(join(file, '..'));
  await writeJson(file, measurement);
  return file;
}

const asServed = (options: { revision?: string; listed?: ListedModel }) =>
  measureServed({ endpoint: endpoint(), probes, revision: null, ...options });

async function judge(candidate: Measurement) {
  const { policy } = await findPolicy(example('shadow-gate.yml'));
  const baseline = await one({ checkpoint: example('coverage-expanding') });
  const paths = { policyPath: null, baselinePath: null, baselineCommit: null };
  return compare({ candidate, baseline, policy, ...paths, today: new Date() });
}

describe('spectra from the weights, and probes at a server', () => {
  it('give the measurement and the verdict of one run, whichever way each half was split', async () => {
    const answers = await write(await one({ spectra: false, reference: null, endpoint: endpoint() }));
    const merged = await mergeFiles([answers, ...spectra]);
    expect(text(merged)).toBe(text(whole));
    expect(contradictionIn(merged)).toBeNull();
    expect(merged.run.probes?.by).toBe(whole.run.probes?.by);
    const asShard = await writeShards(
      await measuring({ checkpoint, probes, spectra: false, reference: null, endpoint: endpoint() }),
      1,
    );
    expect(text(await mergeFiles([...spectra, ...asShard]))).toBe(text(whole));
    const [ours, theirs] = [await judge(merged), await judge(whole)];
    expect(ours.verdict).toBe(theirs.verdict);
    expect(ours.findings).toEqual(theirs.findings);
    expect(ours.findings.map(findingText).join()).toContain(
      'The probes of the candidate were answered by toy at a server: that it runs these weights is declared, not proven.',
    );
  });

  it('can be of a hub, where no weights were read for the answers', async () => {
    const remote = await writeShards(await measuring({ checkpoint: 'hf://org/model', probes: null }), 2);
    const listed = await openListedModel(`hf://org/model@${commit}`, undefined);
    const merged = await mergeFiles([...remote, await write(await asServed({ listed }))]);
    expect({ ...merged, answeredBy: null, run: null }).toEqual({ ...whole, answeredBy: null, run: null });
    expect(merged.answeredBy?.hub?.listing).toBe(merged.run.hub?.listing);
    expect((await judge(merged)).findings.map(findingText).join()).toContain(
      `the weights of hf://org/model@${commit} that were declared`,
    );
  });

  it('can be what was declared of the server, if that names the checkpoint', async () => {
    const { digest } = whole.checkpoint;
    const merged = await mergeFiles([...spectra, await write(await asServed({ revision: digest }))]);
    expect(merged.answeredBy?.revision).toBe(digest);
    expect(merged.probes).toEqual(whole.probes);
  });
});

describe('halves that do not fit are refused by name:', () => {
  const refusal = async (files: readonly string[]) =>
    mergeFiles(files).then(
      () => 'joined',
      (error: Error & { hint?: string }) => `${error.message} — ${error.hint}`,
    );

  it('another checkpoint', async () => {
    const other = await write(await one({ checkpoint: example('base'), spectra: false, reference: null }));
    expect(await refusal([...spectra, other])).toMatch(/half\.json is of another checkpoint than .*1\.json/);
  });

  it('a server of which nothing, or something else, was declared', async () => {
    const bare = await write(await asServed({}));
    expect(await refusal([...spectra, bare])).toMatch(
      /with no revision declared, and nothing says that it is the checkpoint of .* declare --revision sha256:/,
    );
    const wrong = await write(await asServed({ revision: 'v2' }));
    expect(await refusal([...spectra, wrong])).toMatch(/with the revision v2 declared, and nothing says/);
  });

  it('a listing of other weights, or with weights that are not from a hub', async () => {
    const listed = await openListedModel('hf://org/model', undefined);
    const answers = await write(await asServed({ listed }));
    expect(await refusal([...spectra, answers])).toMatch(/is known by what a hub lists .* is not from a hub/);
    const files = readdirSync(example('base')).map((file) => [file, readFileSync(join(example('base'), file))]);
    hub.commit('org/base', Object.fromEntries(files));
    const other = await writeShards(await measuring({ checkpoint: 'hf://org/base', probes: null }), 1);
    expect(await refusal([...other, answers])).toMatch(
      /half\.json is of hf:\/\/org\/model@.*, and .* of hf:\/\/org\/base@/,
    );
  });

  it('another tokenizer with the same weights', async () => {
    const copy = temporaryFolder();
    cpSync(checkpoint, copy, { recursive: true });
    const file = join(copy, 'tokenizer_config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), chat_template: 'other' }));
    const answers = await write(await one({ checkpoint: copy, spectra: false, reference: null }));
    expect(await refusal([...spectra, answers])).toMatch(/was measured with another tokenizer, templates or code than/);
  });

  it('a shard that is missing, and a file that has both halves', async () => {
    const answers = await write(await one({ spectra: false, reference: null }));
    expect(await refusal([spectra[0] ?? '', answers])).toMatch(/shard 2\/2 of .* is missing/);
    expect(await refusal([...spectra, answers, await write(whole)])).toMatch(
      /half\.json has spectra and probes, and other files have one half each/,
    );
    expect(await refusal([...spectra, answers, answers])).toMatch(/is a complete measurement, not a shard/);
  });
});

it('on the command line: two shards of spectra, probes at a server, merge, compare', async () => {
  const folder = temporaryFolder();
  await makeFolder(folder);
  const file = (name: string) => join(folder, name);
  const lines = readFileSync(example('probes.jsonl'), 'utf8').trimEnd().split('\n');
  writeFileSync(file('probes.jsonl'), `${lines.slice(0, 120).join('\n')}\n`);
  writeFileSync(file('shadow-gate.yml'), 'probes: [probes.jsonl]\n');
  const run = async (...args: string[]) => {
    const result = await runCli(...args);
    expect(exceptProgress(result.stderr), args.join(' ')).toBe('');
    return result;
  };
  const policy = ['--policy', file('shadow-gate.yml')];
  const weights = ['--checkpoint', checkpoint, '--reference', example('base')];
  const server = ['--endpoint', served.server.url, '--model', 'toy', '--tokenizer', checkpoint];
  const measured = (...args: string[]) => run('measure', ...policy, ...args);
  await measured(
    '--checkpoint',
    example('coverage-expanding'),
    '--reference',
    example('base'),
    '--out',
    file('b.json'),
  );
  for (const i of [1, 2]) {
    await measured(...weights, '--only', 'spectra', '--shard', `${i}/2`, '--out', file(`spectra-${i}.json`));
  }
  const like = ['--like', file('b.json'), '--only', 'probes'];
  await measured('--checkpoint', checkpoint, ...server, ...like, '--out', file('probes.json'));
  await run('merge', ...['spectra-1.json', 'spectra-2.json', 'probes.json'].map(file), '--out', file('merged.json'));
  await measured(...weights, ...server, '--like', file('b.json'), '--out', file('one-run.json'));
  const verdict = (name: string) => runCli('compare', file(name), file('b.json'), ...policy, '--verbose');
  const [merged, oneRun] = [await verdict('merged.json'), await verdict('one-run.json')];
  expect(merged.code).toBe(oneRun.code);
  const stable = (output: string) => output.replaceAll(/(merged|one-run)\.json|\d+(\.\d+)? m?s\b/g, '…');
  expect(stable(merged.stdout)).toBe(stable(oneRun.stdout));
  expect(merged.stdout).toContain('answered by toy at a server');
});
