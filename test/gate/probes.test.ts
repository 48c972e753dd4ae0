import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.ts';
import { type Report, reportSchema } from '../../src/compare/report.ts';
import { type CheckOptions, check } from '../../src/gate/check.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { type MeasuredProbes, measuredProbesSchema } from '../../src/measure/schema/probes.ts';
import { writeJson } from '../../src/platform/write-file.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { fixture, readJson, repository, shared, temporaryFolder } from '../fixtures.ts';
import { describeNeeds, itNeeds } from '../needs.ts';
import { reasonsOf } from './reasons.ts';

const example = (name: string) => repository('examples', name);
const policy = example('shadow-gate.yml');

async function judge(options: Partial<CheckOptions> & { checkpoint: string }) {
  const { report, measurement } = await check({ device: 'cpu', policy, ...options });
  // What is written must be readable again.
  measurementSchema.parse(JSON.parse(JSON.stringify(measurement)));
  reportSchema.parse(JSON.parse(JSON.stringify(report)));
  return { report, measurement };
}

const rules = (report: Report) =>
  reasonsOf(report)
    .filter(({ level }) => level !== 'info')
    .map(({ rule }) => rule);

function asked({ probes }: { probes: unknown }): MeasuredProbes {
  return probes as MeasuredProbes;
}

describe('the examples', () => {
  const pair = { reference: example('base'), baseline: example('base') };

  it('fails the benchmark-aligned checkpoint and names the shadow delta', async () => {
    const { report } = await judge({ checkpoint: example('benchmark-aligned'), ...pair });
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'shadow-delta' });
    expect(reasonsOf(report)[0]?.message).toMatch(/^The shadow delta is 3\d\.\d\spoints/);
    expect(report.probes?.comparison.flips).toHaveLength(3);
  });

  it('passes the coverage-expanding one', async () => {
    const { report } = await judge({ checkpoint: example('coverage-expanding'), ...pair });
    expect(rules(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
    // docs: exam .98 from .52, fresh formats .72 of choices and more, from .47.
    expect(report.probes?.comparison.rows[0]?.benchmark.candidate).toBeGreaterThan(0.97);
  });

  it('fails the prompt-repetition one on what it forgot, and not on a shadow delta', async () => {
    const { report } = await judge({ checkpoint: example('prompt-repetition'), ...pair });
    expect(report.verdict).toBe('fail');
    expect(rules(report)).toContain('retention');
    expect(rules(report)).not.toContain('shadow-delta');
  });

  it('fails the benchmark-aligned one against the coverage-expanding one too', async () => {
    const { report } = await judge({
      checkpoint: example('benchmark-aligned'),
      reference: example('base'),
      baseline: example('coverage-expanding'),
    });
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'twin-accuracy' });
    expect(rules(report)).toContain('mlpAttentionRatio');
  });
});

const zoo = shared('zoo');
describeNeeds(Boolean(zoo), '../shared/zoo')('the checkpoints of the controlled study', () => {
  const at = (name: string) => join(zoo ?? '', name);
  const own = () => {
    const file = join(temporaryFolder(), 'policy.yml');
    writeFileSync(file, `probes: [${JSON.stringify(at('probes.jsonl'))}]\n`);
    return file;
  };

  interface Golden {
    items: { id: string; logprobs: number[]; pick: number }[];
  }

  it.each<[string, Report['verdict'], (reasons: string[]) => void]>([
    ['A-BA-0', 'fail', (found) => expect(found).toContain('shadow-delta')],
    ['A-CE-0', 'pass', (found) => expect(found).toEqual([])],
    ['A-MIX-0', 'pass', (found) => expect(found).toEqual([])],
    ['A-CEHALF-0', 'pass', (found) => expect(found).toEqual([])],
    ['A-CTRL-0', 'pass', (found) => expect(found).toEqual([])],
    ['A-PR-0', 'fail', (found) => expect(found).toEqual(['retention'])],
  ])('%s: %s, and every log-likelihood is that of torch', async (name, verdict, holds) => {
    const { report, measurement } = await judge({ checkpoint: at(name), baseline: at('baseA'), policy: own() });
    holds(rules(report));
    expect(report.verdict).toBe(verdict);
    const { items } = readJson<Golden>(at(`golden/${name}.json`));
    const found = new Map(asked(measurement).items.map((item) => [item.id, item]));
    expect(found.size).toBe(items.length);
    for (const { id, logprobs } of items) {
      logprobs.forEach((logprob, i) => {
        expect(Math.abs((found.get(id)?.logprobs?.[i] ?? Number.NaN) - logprob), id).toBeLessThan(5e-4);
      });
    }
  });

  it('with the base as reference too, whose update is nothing to compare with', async () => {
    const pair = { reference: at('baseA'), baseline: at('baseA'), policy: own() };
    const { report } = await judge({ checkpoint: at('A-CE-0'), ...pair });
    expect(report.verdict).toBe('pass');
    const alone = await judge({ checkpoint: at('A-CE-0'), ...pair, only: 'spectra' });
    expect(alone.report.verdict).toBe('inconclusive');
  });
});

const models = shared('models');
itNeeds(Boolean(models), '../shared/models')(
  'a model at chance is not informative, and never a pass',
  { timeout: 300_000 },
  async () => {
    const checkpoint = `${models}/stories260K`;
    const builtin = join(temporaryFolder(), 'policy.yml');
    writeFileSync(builtin, '');
    const { report } = await judge({ checkpoint, baseline: checkpoint, policy: builtin, only: 'probes' });
    expect(report.verdict).toBe('inconclusive');
    expect(reasonsOf(report)[0]?.message).toContain('not informative');
    // Also where nothing is there to compare with, and that alone would pass.
    const lenient = join(temporaryFolder(), 'policy.yml');
    writeFileSync(lenient, 'on-missing-baseline: pass\n');
    const alone = await judge({ checkpoint, policy: lenient, only: 'probes' });
    expect(alone.report.verdict).toBe('inconclusive');
    expect(rules(alone.report)).toEqual(['not-informative']);
  },
);

describe('seeds', () => {
  // Twins of a file without twins are drawn.
  const drawn = () => {
    const folder = temporaryFolder();
    cpSync(fixture('probes', 'own-benchmark.csv'), join(folder, 'own.csv'));
    const file = join(folder, 'policy.yml');
    writeFileSync(file, 'probes: [own.csv]\n');
    return { policy: file, only: 'probes' as const };
  };
  const base = example('base');

  it('are those of the baseline unless one is named, and other ones are never paired', async () => {
    const options = drawn();
    const { measurement } = await judge({ checkpoint: base, seed: 7, ...options });
    const baseline = join(temporaryFolder(), 'baseline.json');
    await writeJson(baseline, measurement);
    const same = await judge({ checkpoint: base, baseline, ...options });
    expect(asked(same.measurement).seed).toBe(7);
    expect(rules(same.report)).not.toContain('invalid-comparison');
    const other = await judge({ checkpoint: base, baseline, seed: 8, ...options });
    expect(other.report.verdict).toBe('inconclusive');
    expect(reasonsOf(other.report)[0]?.message).toMatch(/drawn with seed 8, the baseline's with seed 7/);
  });

  it('rotate: a fresh one for both checkpoints; a measurement cannot be asked again', async () => {
    const options = drawn();
    const { report, measurement } = await judge({ checkpoint: base, baseline: base, seed: 'rotate', ...options });
    expect(asked(measurement).seed).toBeGreaterThan(1);
    expect(report.probes?.seed).toBe(asked(measurement).seed);
    expect(rules(report)).not.toContain('invalid-comparison');
    const baseline = join(temporaryFolder(), 'baseline.json');
    await writeJson(baseline, measurement);
    await expect(judge({ checkpoint: base, baseline, seed: 'rotate', ...options })).rejects.toThrow(
      /the baseline is a measurement/,
    );
  });
});

describe('what cannot be asked', () => {
  const mute = () => {
    const folder = join(temporaryFolder(), 'mute');
    mkdirSync(folder);
    cpSync(example('base'), folder, { recursive: true });
    rmSync(join(folder, 'tokenizer.json'));
    return folder;
  };

  it('has spectra, and a reason instead of a pass', async () => {
    const { report, measurement } = await judge({ checkpoint: mute(), baseline: example('base') });
    expect(measurement.probes).toMatchObject({ status: 'notRun', reason: expect.stringMatching(/no tokenizer\.json/) });
    expect(report.verdict).toBe('inconclusive');
    expect(rules(report)).toEqual(['probes-not-run']);
  });

  it('is an error where only the probes are wanted', async () => {
    await expect(judge({ checkpoint: mute(), only: 'probes' })).rejects.toThrow(/no tokenizer\.json/);
  });

  it('no suites and no spectra are nothing to judge, and no pass', async () => {
    const file = join(temporaryFolder(), 'policy.yml');
    writeFileSync(file, 'probes: []\n');
    await expect(
      judge({ checkpoint: example('base'), baseline: example('base'), policy: file, only: 'probes' }),
    ).rejects.toThrow(/lists no probe suites/);
    const { measurement } = await judge({ checkpoint: example('base'), only: 'probes' });
    const empty = { ...measurement, probes: null };
    const report = compare({
      candidate: empty,
      baseline: empty,
      baselinePath: null,
      policy: DEFAULT_POLICY,
      policyPath: null,
    });
    expect(report.verdict).toBe('inconclusive');
  });

  it('prompts longer than the model are named, with the other forms of their facts', async () => {
    const folder = temporaryFolder();
    const line = (id: string, form: string, prompt: string) =>
      JSON.stringify({
        id,
        capability: 'recall',
        form,
        twin_of: form === 'twin' ? id.replace('twin', 'exam') : null,
        prompt,
        choices: ['pink', 'green'],
        answer: 0,
        cluster: form,
      });
    writeFileSync(
      join(folder, 'long.jsonl'),
      [
        line('a.exam', 'benchmark', 'the color of vufe is'),
        line('a.twin', 'twin', 'vufe '.repeat(200).trim()),
        line('b.exam', 'benchmark', 'the color of vufe is'),
        line('b.twin', 'twin', 'vufe is'),
      ].join('\n'),
    );
    const file = join(folder, 'policy.yml');
    writeFileSync(file, 'probes: [long.jsonl]');
    const { measurement, report } = await judge({ checkpoint: example('base'), policy: file, only: 'probes' });
    expect(asked(measurement).items.map(({ id }) => id)).toEqual(['b.exam', 'b.twin']);
    expect(asked(measurement).leftOut).toEqual([
      {
        suite: 'long.jsonl',
        id: 'a.twin',
        reason: "prompt and answer take 202 tokens, more than the 97 of the model's context",
      },
    ]);
    expect(
      reasonsOf(report)
        .map(({ message }) => message)
        .join(),
    ).toContain('a.twin (prompt and answer take 202 tokens');
  });

  it('is left out as a whole where no prompt fits, with that reason alone', async () => {
    const folder = temporaryFolder();
    const long = 'vufe '.repeat(200).trim();
    const item = { capability: 'recall', prompt: long, choices: ['pink', 'green'], answer: 0 };
    writeFileSync(
      join(folder, 'long.jsonl'),
      [
        JSON.stringify({ ...item, id: 'a', form: 'benchmark', twin_of: null }),
        JSON.stringify({ ...item, id: 'b', form: 'twin', twin_of: 'a' }),
      ].join('\n'),
    );
    const file = join(folder, 'policy.yml');
    writeFileSync(file, 'probes: [long.jsonl]');
    const options = { checkpoint: example('base'), policy: file, only: 'probes' as const };
    for (const baseline of [undefined, example('base')]) {
      const { report } = await judge({ ...options, baseline });
      expect(rules(report)).toContain('probes-not-run');
      expect(report.verdict).not.toBe('pass');
      expect(report.probes).toBeNull();
    }
  });

  it('a file that is wrong or missing is an error before anything is measured', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'policy.yml');
    writeFileSync(file, 'probes: [none.jsonl]');
    await expect(judge({ checkpoint: example('base'), policy: file })).rejects.toThrow(/file "none.jsonl" not found/);
    writeFileSync(join(folder, 'none.jsonl'), '{"id": "x"}\n');
    await expect(judge({ checkpoint: example('base'), policy: file })).rejects.toThrow(/none\.jsonl:1/);
  });
});

it('a measurement whose probes were edited is refused where they cannot be true', async () => {
  const { measurement } = await judge({ checkpoint: example('base'), only: 'probes' });
  const probes = asked(measurement);
  const [first, ...rest] = probes.items;
  if (!first) throw new Error('nothing was asked');
  const said = (edited: Partial<MeasuredProbes>) =>
    measuredProbesSchema
      .safeParse({ ...probes, ...edited })
      .error?.issues.map(({ path, message }) => [...path, message]);
  expect(said({})).toBeUndefined();
  expect(said({ items: [{ ...first, chance: -5 }, ...rest] })?.[0]?.slice(0, 3)).toEqual(['items', 0, 'chance']);
  expect(said({ items: [{ ...first, probability: 7 }] })?.[0]?.slice(0, 3)).toEqual(['items', 0, 'probability']);
  expect(said({ items: [first, first] })).toEqual([['items', 1, 'is there twice']]);
  expect(said({ suites: [] })).toEqual([['items', 0, 'its suite is not among the suites']]);
});

it('a budget asks a stratified part, and the baseline the same', async () => {
  const pair = { checkpoint: example('coverage-expanding'), baseline: example('base'), only: 'probes' as const };
  const { report, measurement } = await judge({ ...pair, budgetSeconds: 0.05 });
  const { items, suites, budgetSeconds } = asked(measurement);
  expect(budgetSeconds).toBe(0.05);
  expect(items.length).toBeGreaterThan(0);
  expect(items.length).toBeLessThan(suites[0]?.items ?? 0);
  const facts = new Set(items.map(({ fact }) => fact)).size;
  expect(report.probes?.comparison.rows[0]?.facts).toBe(facts);
});

it('spectra and probes that both warn turn two keys', async () => {
  const file = join(temporaryFolder(), 'policy.yml');
  const probes = JSON.stringify(example('probes.jsonl'));
  writeFileSync(file, `probes: [${probes}]\ntwin-accuracy: {level: warn}\nshadow-delta: {level: warn}\n`);
  const pair = { checkpoint: example('benchmark-aligned'), baseline: example('coverage-expanding'), policy: file };
  const { report } = await judge({ ...pair, reference: example('base') });
  expect(report.verdict).toBe('fail');
  expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'two-key' });
  const { report: half } = await judge({ ...pair, only: 'probes' });
  expect(half.verdict).toBe('warn');
});
