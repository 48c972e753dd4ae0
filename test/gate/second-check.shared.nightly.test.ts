import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import type { Phase } from '@shadow-gate/platform/progress';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { type CheckResult, check } from '../../src/gate/check.ts';
import { serializeReport } from '../../src/report/json.ts';
import { readJson, repository, temporaryFolder } from '../fixtures.ts';
import { checkOptions, type FlatOptions } from './check-options.ts';

const root = temporaryFolder();
const path = (name: string) => join(root, name);
const OPTIONS = { checkpoint: path('new'), reference: path('base'), baseline: path('base') };

/** A store in memory, whose texts a test can look at and change. */
class Memory implements KeyValueStore {
  readonly texts = new Map<string, string>();
  readonly get = async (key: string) => this.texts.get(key) ?? null;
  readonly set = async (key: string, text: string) => void this.texts.set(key, text);
}

/** A check as the command line makes it, and what it did. */
async function checked(store: KeyValueStore | undefined, over: Partial<FlatOptions> = {}, keepsStopped = true) {
  const phases = new Set<Phase>();
  const flat = { ...OPTIONS, policy: path('policy.yml'), device: 'cpu', ...over } as const;
  const options = checkOptions({ ...flat, store, onProgress: ({ phase }) => phases.add(phase) });
  const result = await check({ ...options, keepsStopped });
  return { ...result, isMeasured: phases.has('probes') || phases.has('spectra') };
}

/** What a report says of the models: all but when and how long they were measured, and what is drawn anew. */
function saidBy(report: Report) {
  const {
    durationSeconds: _,
    ownText: __,
    candidate,
    baseline,
    probes,
    ...rest
  } = serializeReport(report) as unknown as Report;
  return {
    ...rest,
    candidate: { ...candidate, measured: '' },
    baseline: baseline && { ...baseline, measured: '' },
    probes: probes && { ...probes, seconds: 0 },
  };
}

describe('a second check of the same by the same', () => {
  const store = new Memory();
  let first: CheckResult & { readonly isMeasured: boolean };
  beforeAll(async () => {
    for (const [name, example] of [
      ['new', 'benchmark-aligned'],
      ['base', 'base'],
    ] as const) {
      cpSync(repository('examples', example), path(name), { recursive: true });
    }
    cpSync(repository('examples/probes.jsonl'), path('probes.jsonl'));
    writeFileSync(path('policy.yml'), 'probes: [probes.jsonl]\n');
    first = await checked(store);
  }, 60_000);

  it('measures nothing, and says the same to the last digit, also where the first one stopped early', async () => {
    expect([first.isMeasured, first.report.verdict]).toEqual([true, 'fail']);
    expect(first.report.probes?.sequential?.settled).toBe('fail');
    const second = await checked(store);
    expect(second.isMeasured).toBe(false);
    expect(second.report).toEqual(first.report);
    expect(second.measurement).toEqual(first.measurement);
  });

  it('has the verdict and the numbers of a check without a cache, in the same order', async () => {
    const orderSeed = first.report.probes?.orderSeed;
    const without = await checked(undefined, { orderSeed });
    expect(without.isMeasured).toBe(true);
    expect(saidBy(without.report)).toEqual(saidBy(first.report));
  });

  it('keeps the order that was drawn, and draws no luckier one', async () => {
    const orders = [await checked(store), await checked(store)].map(({ report }) => report.probes?.orderSeed);
    expect(new Set([first.report.probes?.orderSeed, ...orders]).size).toBe(1);
  });

  it('measures again what was edited or cut in the cache', async () => {
    for (const change of [
      (text: string) => text.replace(/"correct":false/, '"correct":true'),
      (text: string) => text.slice(0, text.length / 2),
    ]) {
      const broken = new Memory();
      for (const [key, text] of store.texts) broken.texts.set(key, change(text));
      const again = await checked(broken, { orderSeed: first.report.probes?.orderSeed });
      expect(again.isMeasured).toBe(true);
      expect(saidBy(again.report)).toEqual(saidBy(first.report));
    }
    // What belongs to another key is not used either.
    const [one, two] = [...store.texts.keys()];
    const swapped = new Memory();
    if (one === undefined || two === undefined) throw new Error('both models are kept');
    swapped.texts.set(one, store.texts.get(two) ?? '').set(two, store.texts.get(one) ?? '');
    expect((await checked(swapped)).isMeasured).toBe(true);
  });

  it('leaves nothing of a run that stopped where a cache is for others too', async () => {
    const shared = new Memory();
    await checked(shared, {}, false);
    const again = await checked(shared, {}, false);
    expect(again.isMeasured).toBe(true);
    expect(shared.texts.size).toBe(1);
  });

  it('is of the bytes, wherever they are', async () => {
    cpSync(path('new'), path('copy'), { recursive: true });
    const { isMeasured, report } = await checked(store, { checkpoint: path('copy') });
    expect([isMeasured, report.candidate.path]).toEqual([false, path('copy')]);
  });

  it.each<[string, () => void, Partial<FlatOptions>]>([
    ['a weight', () => flipLastBit(join(path('other'), 'model.safetensors')), {}],
    ['config.json', () => edit('config.json', { rms_norm_eps: 2e-5 }), {}],
    ['the tokenizer', () => edit('tokenizer_config.json', { add_prefix_space: true }), {}],
    ['the chat template', () => edit('tokenizer_config.json', { chat_template: 'x' }), {}],
    ['a file of generation', () => writeFileSync(join(path('other'), 'generation_config.json'), '{"top_k": 1}'), {}],
    ['a question', () => replaceIn(path('probes.jsonl'), 'the color of vufe', 'the size of vufe'), {}],
    [
      'the policy',
      () => writeFileSync(path('policy.yml'), 'probes: [probes.jsonl]\ntwin-accuracy: { drop: 0.03 }\n'),
      {},
    ],
    ['the seed of the order', () => {}, { orderSeed: 12345 }],
    ['the half of the gate', () => {}, { only: 'probes' }],
  ])('measures again after another %s', async (_, change, over) => {
    const before = ['probes.jsonl', 'policy.yml'].map((name) => [name, readFileSync(path(name))] as const);
    cpSync(path('new'), path('other'), { recursive: true });
    try {
      change();
      expect((await checked(store, { checkpoint: path('other'), ...over })).isMeasured).toBe(true);
    } finally {
      for (const [name, bytes] of before) writeFileSync(path(name), bytes);
    }
  });
});

function flipLastBit(file: string): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(file, bytes);
}

function replaceIn(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${from} is not in ${file}`);
  writeFileSync(file, text.replace(from, to));
}

function edit(name: string, change: object): void {
  const file = join(path('other'), name);
  writeFileSync(file, JSON.stringify({ ...readJson<object>(file), ...change }));
}
