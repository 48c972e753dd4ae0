import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@shadow-gate/platform/files';
import { type MeasuredProbes, measuredProbesSchema } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { fixture, readJson, repository, temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from './reasons.ts';
import { decisiveRules, probesOf, runGate } from './run-gate.ts';

const example = (name: string) => repository('examples', name);
const base = example('base');
const policy = example('shadow-gate.yml');

/** A policy in a folder of its own, next to these files. */
function policyBeside(text: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'policy.yml'), text);
  return join(folder, 'policy.yml');
}

/** A policy with a file that has no twins of its own: they are drawn. */
function ownBenchmark(rest = ''): string {
  const file = policyBeside(`probes: [own.csv]\n${rest}`);
  cpSync(fixture('probes', 'own-benchmark.csv'), join(file, '..', 'own.csv'));
  return file;
}

async function writeBaseline(measurement: object): Promise<string> {
  const file = join(temporaryFolder(), 'baseline.json');
  await writeJson(file, measurement);
  return file;
}

it('a model at chance is never a pass, with a baseline or without one', async () => {
  const options = { checkpoint: base, policy: ownBenchmark('on-missing-baseline: pass\n'), only: 'probes' as const };
  for (const baseline of [base, undefined]) {
    const { report } = await runGate({ ...options, baseline });
    expect(report.verdict).toBe('inconclusive');
    // Its small vocabulary has one unknown token for most answers, so most items cannot be asked.
    expect(decisiveRules(report).sort()).toEqual(['probes-not-run', 'too-few-facts']);
    const messages = reasonsOf(report).map(({ message }) => message);
    expect(messages.join()).toContain('Fewer than 40 facts judge nothing');
  }
});

describe('the seed of the probes', () => {
  const only = 'probes' as const;

  it('the seed of the probes comes from the baseline by default, and answers to another seed are never compared', async () => {
    const options = { checkpoint: base, policy: ownBenchmark(), only };
    const { measurement } = await runGate({ ...options, seed: 7 });
    const baseline = await writeBaseline(measurement);
    const same = await runGate({ ...options, baseline });
    expect(probesOf(same.measurement).seed).toBe(7);
    expect(decisiveRules(same.report)).not.toContain('invalid-comparison');
    const other = await runGate({ ...options, baseline, seed: 8 });
    expect(other.report.verdict).toBe('inconclusive');
    expect(reasonsOf(other.report)[0]?.message).toMatch(
      /drawn with seed 8 for the candidate and seed 7 for the baseline/,
    );
  });

  it('the seed `rotate` draws new probes for both checkpoints, and needs a baseline that can run them', async () => {
    // So many questions that its vocabulary can answer some of them whatever the seed is.
    const sums = Array.from({ length: 24 }, (_, i) => ({
      question: `${i} + 8`,
      choices: [i, i + 8, i + 9, i + 7].map(String),
      answer: 1,
    }));
    const file = policyBeside('probes: [sums.jsonl]\n', {
      'sums.jsonl': sums.map((sum) => JSON.stringify(sum)).join('\n'),
    });
    const options = { checkpoint: base, policy: file, only, seed: 'rotate' as const };
    const { report, measurement } = await runGate({ ...options, baseline: base });
    expect(probesOf(measurement).seed).toBeGreaterThan(1);
    expect(report.probes?.seed).toBe(probesOf(measurement).seed);
    expect(decisiveRules(report)).not.toContain('invalid-comparison');
    const baseline = await writeBaseline(measurement);
    await expect(runGate({ ...options, baseline })).rejects.toThrow(/the baseline is a measurement/);
  });
});

describe('probes that cannot run', () => {
  const withoutTokenizer = () => {
    const folder = join(temporaryFolder(), 'no-tokenizer');
    cpSync(base, folder, { recursive: true });
    rmSync(join(folder, 'tokenizer.json'));
    return folder;
  };

  it('a checkpoint without the tokenizer that its baseline has still has spectra, and fails', async () => {
    const { report, measurement } = await runGate({ checkpoint: withoutTokenizer(), baseline: base, policy });
    expect(measurement.probes).toMatchObject({
      status: 'notRun',
      reason: expect.stringMatching(/no tokenizer\.json/),
      cause: 'no-tokenizer',
    });
    expect(measurement.tensors).not.toEqual([]);
    expect(report.verdict).toBe('fail');
    expect(decisiveRules(report)).toEqual(['probes-not-run', 'behavior']);
  });

  it('a checkpoint without a tokenizer is an error if only the probes were requested', async () => {
    await expect(runGate({ checkpoint: withoutTokenizer(), policy, only: 'probes' })).rejects.toThrow(
      /no tokenizer\.json/,
    );
  });

  it('a policy without suites is an error if only the probes were requested', async () => {
    const file = policyBeside('probes: []\n');
    await expect(runGate({ checkpoint: base, policy: file, only: 'probes' })).rejects.toThrow(/lists no probe suites/);
  });

  it('a missing or invalid probe file is an error before anything is measured', async () => {
    const missing = policyBeside('probes: [none.jsonl]');
    await expect(runGate({ checkpoint: base, policy: missing })).rejects.toThrow(/file "none.jsonl" not found/);
    const invalid = policyBeside('probes: [a.jsonl]', { 'a.jsonl': '{"id": "x"}\n' });
    await expect(runGate({ checkpoint: base, policy: invalid })).rejects.toThrow(/a\.jsonl:1/);
  });
});

describe('prompts longer than the context of the model', () => {
  const long = 'vufe '.repeat(200).trim();
  const fact = (name: string, prompts: { readonly benchmark: string; readonly twin: string }) =>
    (['benchmark', 'twin'] as const).map((form) =>
      JSON.stringify({
        id: `${name}.${form}`,
        capability: 'recall',
        form,
        twin_of: form === 'twin' ? `${name}.benchmark` : null,
        prompt: prompts[form],
        choices: ['pink', 'green'],
        answer: 0,
        cluster: form,
      }),
    );
  const suite = (...lines: string[]) => policyBeside('probes: [long.jsonl]', { 'long.jsonl': lines.join('\n') });

  it('a prompt longer than the context is named in the report, and left out with the other forms of its fact', async () => {
    const { measurement, report } = await runGate({
      checkpoint: base,
      policy: suite(
        ...fact('a', { benchmark: 'the color of vufe is', twin: long }),
        ...fact('b', { benchmark: 'the color of vufe is', twin: 'vufe is' }),
      ),
      only: 'probes',
    });
    const { items, leftOut } = probesOf(measurement);
    expect(items.map(({ id }) => id)).toEqual(['b.benchmark', 'b.twin']);
    const row = { suite: 'long.jsonl', fact: 'a.benchmark', capability: 'recall', answers: 'text' };
    expect(leftOut).toEqual([
      {
        ...row,
        id: 'a.benchmark',
        reason: 'a.twin, another form of its fact, was left out',
        cause: 'other-form',
        family: expect.any(String),
        cluster: 'benchmark',
        form: 'benchmark',
      },
      {
        ...row,
        id: 'a.twin',
        reason: "prompt and answer take 202 tokens, more than the 97 of the model's context",
        cause: 'does-not-fit',
        family: expect.any(String),
        cluster: 'twin',
        form: 'twin',
        kind: 'open',
      },
    ]);
    const messages = reasonsOf(report).map(({ message }) => message);
    expect(messages.join()).toContain('a.twin (prompt and answer take 202 tokens');
  });

  it('a robustness form that is too long leaves its fact in place', async () => {
    const [benchmark = '', twin = ''] = fact('a', { benchmark: 'the color of vufe is', twin: 'vufe is' });
    const robustness = { ...(JSON.parse(twin) as object), id: 'a.long', form: 'robustness', prompt: long };
    const { measurement } = await runGate({
      checkpoint: base,
      policy: suite(benchmark, twin, JSON.stringify(robustness)),
      only: 'probes',
    });
    const { items, leftOut } = probesOf(measurement);
    expect(items.map(({ id }) => id)).toEqual(['a.benchmark', 'a.twin']);
    expect(leftOut).toMatchObject([{ id: 'a.long', form: 'robustness', cause: 'does-not-fit' }]);
  });

  it('a baseline checkpoint also answers what no longer fits the candidate: the candidate does not choose its questions', async () => {
    const candidate = join(temporaryFolder(), 'short');
    cpSync(base, candidate, { recursive: true });
    const config = readJson<object>(join(base, 'config.json'));
    writeFileSync(join(candidate, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 24 }));
    const file = suite(
      ...fact('a', { benchmark: 'the color of vufe is', twin: 'vufe '.repeat(30).trim() }),
      ...fact('b', { benchmark: 'the color of vufe is', twin: 'vufe is' }),
    );
    const measured: string[] = [];
    const store = { get: async () => null, set: async (_: string, text: string) => void measured.push(text) };
    await runGate({ checkpoint: candidate, baseline: base, policy: file, only: 'probes', store });
    const ids = measured.map((text) => {
      const { sha256: _, ...entry } = JSON.parse(text) as Record<string, unknown>;
      return probesOf(parseMeasurement(JSON.stringify(entry), 'the cache')).items.map(({ id }) => id);
    });
    // The baseline is asked first.
    expect(ids).toEqual([
      ['a.benchmark', 'a.twin', 'b.benchmark', 'b.twin'],
      ['b.benchmark', 'b.twin'],
    ]);
  });

  it('a suite of which no prompt fits into the context has no accuracies, and is never a pass', async () => {
    const file = suite(...fact('a', { benchmark: long, twin: long }));
    for (const baseline of [undefined, base]) {
      const { report } = await runGate({ checkpoint: base, policy: file, only: 'probes', baseline });
      expect(decisiveRules(report)).toContain('probes-not-run');
      expect(report.verdict).not.toBe('pass');
      expect(report.probes).toBeNull();
    }
  });
});

it('a measurement whose probe results were edited is refused if they cannot be true', async () => {
  const { measurement } = await runGate({ checkpoint: base, policy, only: 'probes' });
  const probes = probesOf(measurement);
  const [first, ...rest] = probes.items;
  if (!first) throw new Error('no probe ran');
  const issuesOf = (edited: Partial<MeasuredProbes>) =>
    measuredProbesSchema
      .safeParse({ ...probes, ...edited })
      .error?.issues.map(({ path, message }) => [...path, message]);
  expect(issuesOf({})).toBeUndefined();
  expect(issuesOf({ items: [{ ...first, chance: -5 }, ...rest] })?.[0]?.slice(0, 3)).toEqual(['items', 0, 'chance']);
  expect(issuesOf({ items: [{ ...first, probability: 7 }] })?.[0]?.slice(0, 3)).toEqual(['items', 0, 'probability']);
  expect(issuesOf({ items: [first, first] })).toEqual([['items', 1, 'is there twice']]);
  expect(issuesOf({ suites: [] })).toEqual([['items', 0, 'its suite is not among the suites']]);
});
