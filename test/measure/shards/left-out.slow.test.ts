import { cpSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { at } from '@shadow-gate/platform';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import type { Report } from '../../../src/compare/report.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { describeLeftOut, joinAnswers } from '../../../src/measure/shards/join-answers.ts';
import { mergeFiles } from '../../../src/measure/shards/merge.ts';
import { findPolicy } from '../../../src/policy/load.ts';
import { findingText } from '../../../src/report/summary/finding.ts';
import { readJson, temporaryFolder } from '../../fixtures.ts';
import { example, measuring, text, writeShards } from './shard-files.ts';

/** A copy of an example whose JSON file is changed. */
function edited(file: string, change: object): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(example('benchmark-aligned'), folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ ...readJson<object>(path), ...change }));
  return folder;
}

const identity = ({ suite, id, fact, form, capability, family, cluster }: Record<string, unknown>) =>
  JSON.stringify([suite, id, fact, form, capability, family, cluster]);

async function judge(candidate: Measurement, baseline: Measurement): Promise<Report> {
  const { policy } = await findPolicy(example('shadow-gate.yml'));
  return compare({
    candidate,
    baseline,
    policy,
    policyPath: null,
    baselinePath: null,
    baselineCommit: null,
    today: new Date(),
  });
}

afterEach(() => vi.restoreAllMocks());

describe('a candidate cannot choose which probes count', () => {
  let all: Measurement;
  beforeAll(async () => {
    all = await (await measuring({ checkpoint: example('benchmark-aligned'), spectra: false, reference: null }))();
  });

  it.each([
    ['a shorter context', edited('config.json', { max_position_embeddings: 24 })],
    ['a context of one token', edited('config.json', { max_position_embeddings: 1 })],
    ['a normalizer that deletes an answer', edited('tokenizer.json', { normalizer: replacing('pink') })],
  ])(
    'with %s, every item is answered or listed with what it is, and what the original could answer is lost',
    async (_, checkpoint) => {
      const one = await measuring({ checkpoint, spectra: false, reference: null });
      const whole = await one();
      if (whole.probes?.status !== 'measured' || all.probes?.status !== 'measured') {
        throw new Error('the probes did not run');
      }
      const { items, leftOut } = whole.probes;
      expect(leftOut.length).toBeGreaterThan(0);
      expect([...items, ...leftOut].map(identity).sort()).toEqual(all.probes.items.map(identity).sort());
      expect(text(await mergeFiles(await writeShards(one, 2)))).toBe(text(whole));
      const report = await judge(whole, all);
      expect(report.verdict).toBe('fail');
      expect(report.findings[0]?.kind).toBe('items-lost');
    },
  );
});

function replacing(word: string) {
  return { type: 'Replace', pattern: { String: word }, content: '' };
}

describe('answers of several machines', () => {
  const answer = (index: number, fact: string) => {
    const [id, suite] = [`item ${index}`, 'suite'];
    const place = { capability: 'recall', family: 'family', cluster: 'exam' };
    const answered = { prompt: '', right: '', given: '', correct: true, chance: 0.5, margin: 1, logprobs: null };
    return { index, item: { suite, id, fact, form: 'twin' as const, ...place, ...answered, probability: null } };
  };
  const items = [answer(0, 'a'), answer(1, 'a'), answer(2, 'b'), answer(3, 'a')];
  const cut = { reason: 'the prompt is too long', cause: 'does-not-fit' } as const;
  const truncated = items.slice(1, 2).map(({ index, item }) => ({
    index,
    fact: item.fact,
    item: describeLeftOut(item, item.suite, cut),
  }));

  it('list every form of a fact that one server cut, in the order and the words of one machine', () => {
    const whole = joinAnswers([{ items, leftOut: truncated }]);
    expect(whole.items.map(({ id }) => id)).toEqual(['item 2']);
    expect(whole.leftOut.map(({ id, cause }) => [id, cause])).toEqual([
      ['item 0', 'other-form'],
      ['item 1', 'does-not-fit'],
      ['item 3', 'other-form'],
    ]);
    const parts = [
      { items: items.slice(2), leftOut: [] },
      { items: items.slice(0, 2), leftOut: truncated },
    ];
    expect(JSON.stringify(joinAnswers(parts))).toBe(JSON.stringify(whole));
  });
});

describe('probes that did not run have a cause', () => {
  const without = (file: string) => {
    const folder = edited('config.json', {});
    rmSync(join(folder, file));
    return folder;
  };

  it.each([
    ['a missing tokenizer', 'no-tokenizer', () => without('tokenizer.json')],
    ['a tokenizer that is not one', 'no-tokenizer', () => edited('tokenizer.json', { model: 1 })],
    ['a key that changes the arithmetic', 'unsupported-model', () => edited('config.json', { logit_bonus: 2 })],
    ['an unknown family', 'unsupported-model', () => edited('config.json', { model_type: 'none' })],
    ['weights that do not match', 'unsupported-model', () => edited('config.json', { num_hidden_layers: 1 })],
  ])('%s', async (_, cause, checkpoint) => {
    const one = await measuring({ checkpoint: checkpoint(), reference: null, isWanted: () => false });
    expect((await one()).probes).toMatchObject({ status: 'notRun', cause });
  });

  it('too little memory, which is no fault of the candidate: the verdict is inconclusive, and has the amount', async () => {
    const one = await measuring({ checkpoint: example('benchmark-aligned'), reference: null });
    const baseline = await one();
    vi.spyOn(os, 'totalmem').mockReturnValue(1e5);
    const limited = await measuring({
      checkpoint: example('benchmark-aligned'),
      reference: null,
      memoryLimit: 1e12,
    });
    const candidate = await limited();
    expect(candidate.probes).toMatchObject({ status: 'notRun', cause: 'not-enough-memory' });
    const report = await judge(candidate, baseline);
    expect(report.verdict).toBe('inconclusive');
    expect(findingText(at(report.findings, 0))).toMatch(/takes .* GiB/);
  });
});
