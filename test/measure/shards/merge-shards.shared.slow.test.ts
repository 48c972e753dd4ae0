import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { writeJson } from '@shadow-gate/platform/files';
import { beforeAll, describe, expect, it } from 'vitest';
import { editTensor } from '../../../packages/checkpoints/test/edit-tensor.ts';
import { readBaseline } from '../../../src/gate/read-baseline.ts';
import { openMeasuredReference } from '../../../src/measure/open-measured.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { readMeasurement } from '../../../src/measure/schema/read.ts';
import { mergeFiles } from '../../../src/measure/shards/merge.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';
import { example, type Measuring, measuring, text, writeShards } from './shard-files.ts';

/** A copy of a checkpoint, to edit. */
function copyOf(path: string): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  mkdirSync(folder);
  cpSync(path, folder, { recursive: true });
  return folder;
}

/** The measurement of an example by one machine, and by four. */
let all: Measuring;
let whole: Measurement;
let files: readonly string[];
beforeAll(async () => {
  all = await measuring({ checkpoint: example('benchmark-aligned') });
  whole = await all();
  files = await writeShards(all, 4);
});

describe('the shards of a measurement', () => {
  it('give the measurement of one machine after a merge, byte for byte', async () => {
    const merged = await mergeFiles([...files].reverse());
    expect(merged.tensors.length).toBeGreaterThan(40);
    expect(merged.probes).toMatchObject({ status: 'measured', items: { length: 810 } });
    expect(merged.groups.length).toBeGreaterThan(4);
    expect(merged.model.delta?.mlpAttentionRatio).toBeGreaterThan(0);
    expect(text(merged)).toBe(text(whole));
  });

  it('can be a single one', async () => {
    expect(text(await mergeFiles(await writeShards(all, 1)))).toBe(text(whole));
  });

  it('share the work', () => {
    const shards = files.map((file) => readJson<Measurement>(file));
    expect(shards).toHaveLength(4);
    for (const { tensors, probes } of shards) {
      expect(tensors.length).toBeLessThan(0.4 * whole.tensors.length);
      const items = probes?.status === 'measured' ? probes.items.length : 0;
      expect(items).toBeGreaterThan(0.1 * 810);
      expect(items).toBeLessThan(0.4 * 810);
    }
  });

  /** The same shards, the second of which was answered in another precision. */
  function withPrecision(precision: unknown): string[] {
    const other = join(temporaryFolder(), 'other.json');
    const shard = readJson<Measurement>(files[1] ?? '');
    const { run } = shard;
    writeFileSync(other, JSON.stringify({ ...shard, run: { ...run, probes: { ...run.probes, precision } } }));
    const [first = '', , ...rest] = files;
    return [first, other, ...rest];
  }

  it('was answered in one precision, or in none that is known where the machines differ', async () => {
    const precision = { arithmetic: 'float32', weights: '16-bit' };
    expect((await mergeFiles(files)).run.probes?.precision).toEqual(precision);
    // How a machine holds the weights changes no number.
    expect((await mergeFiles(withPrecision({ ...precision, weights: 'float32' }))).run.probes?.precision).toEqual(
      precision,
    );
    expect((await mergeFiles(withPrecision(null))).run.probes?.precision).toBeNull();
    expect(
      (await mergeFiles(withPrecision({ arithmetic: '16-bit', weights: '16-bit' }))).run.probes?.precision,
    ).toBeNull();
  });

  it('started with the first and took as long as the slowest', async () => {
    const runs = files.map((file) => readJson<Measurement>(file).run);
    const { run } = await mergeFiles(files);
    expect(run.time).toBe(runs[0]?.time);
    expect(run.durationSeconds).toBe(Math.max(...runs.map(({ durationSeconds }) => durationSeconds)));
  });
});

describe('the shards of spectra or probes alone', () => {
  it.each([{ spectra: false }, { probes: null }])('give the measurement of one machine: %j', async (half) => {
    const one = await measuring({ checkpoint: example('base'), ...half, reference: null });
    expect(text(await mergeFiles(await writeShards(one, 3)))).toBe(text(await one()));
  });
});

describe('a merge of shards', () => {
  it('reports NaN and Inf once, whichever shard finds them', async () => {
    const broken = copyOf(fixture('llama-f32'));
    const weights = join(broken, 'model.safetensors');
    editTensor(weights, 'model.layers.1.mlp.up_proj.weight', (values) => values.fill(Number.NaN, 0, 3));
    editTensor(weights, 'model.layers.0.input_layernorm.weight', (values) =>
      values.fill(Number.POSITIVE_INFINITY, 0, 2),
    );
    const reference = await openMeasuredReference(fixture('llama-f32'));
    const one = await measuring({ checkpoint: broken, reference });
    const whole = await one();
    const merged = await mergeFiles(await writeShards(one, 4));
    expect(merged.nonFinite).toEqual([
      { name: 'model.layers.0.input_layernorm.weight', nan: 0, inf: 2 },
      { name: 'model.layers.1.mlp.up_proj.weight', nan: 3, inf: 0 },
    ]);
    expect(merged.probes).toMatchObject({ status: 'notRun' });
    expect(text(merged)).toBe(text(whole));
  });

  it('has the reason of the first shard if the model cannot answer', async () => {
    const broken = copyOf(example('benchmark-aligned'));
    const weights = join(broken, 'model.safetensors');
    const head = (await readSafetensorsHeader(weights)).find(({ name }) => name === 'lm_head.weight');
    const bytes = readFileSync(weights);
    // All ones are a NaN in bfloat16.
    bytes.fill(0xff, head?.offset, (head?.offset ?? 0) + 2 * (head?.size ?? 0));
    writeFileSync(weights, bytes);
    const one = await measuring({ checkpoint: broken });
    const merged = await mergeFiles(await writeShards(one, 3));
    expect(merged.nonFinite).toEqual([{ name: 'lm_head.weight', nan: head?.size, inf: 0 }]);
    expect(merged.probes).toMatchObject({
      status: 'notRun',
      reason: expect.stringMatching(/NaN/),
      cause: 'not-finite',
    });
    expect(text(merged)).toBe(text(await one()));
  });

  it('names a fused tensor with NaN once, although it is several matrices', async () => {
    const broken = copyOf(fixture('gpt2'));
    const name = 'transformer.h.0.attn.c_attn.weight';
    editTensor(join(broken, 'model.safetensors'), name, (values) => values.fill(Number.NaN));
    const one = await measuring({ checkpoint: broken, reference: null, probes: null });
    const merged = await mergeFiles(await writeShards(one, 20));
    expect(merged.nonFinite.map((found) => found.name)).toEqual([name]);
    expect(text(merged)).toBe(text(await one()));
  });

  it('has the reason why no probes ran, if the tokenizer is missing', async () => {
    const mute = copyOf(example('benchmark-aligned'));
    rmSync(join(mute, 'tokenizer.json'));
    const one = await measuring({ checkpoint: mute });
    const merged = await mergeFiles(await writeShards(one, 2));
    expect(merged.probes).toMatchObject({ status: 'notRun', reason: expect.stringMatching(/tokenizer/) });
    expect(text(merged)).toBe(text(await one()));
  });

  it('lists matrices that do not fit into memory in the order of one machine', async () => {
    const one = await measuring({
      checkpoint: fixture('llama-f32'),
      reference: null,
      probes: null,
      memoryLimit: 10_000,
    });
    const whole = await one();
    expect(whole.skipped.length).toBeGreaterThan(2);
    expect(text(await mergeFiles(await writeShards(one, 3)))).toBe(text(whole));
  });

  it('works for an adapter', async () => {
    const reference = await openMeasuredReference(fixture('llama-f32'));
    const one = await measuring({ checkpoint: fixture('lora'), reference, probes: null });
    expect(text(await mergeFiles(await writeShards(one, 4)))).toBe(text(await one()));
  });
});

describe('a merge', () => {
  /** The shards, with one of them changed. */
  function changed(index: number, edit: (shard: Writable) => void): string[] {
    const path = files[index - 1] ?? '';
    const shard = readJson<Writable>(path);
    edit(shard);
    const file = join(temporaryFolder(), 'changed.json');
    writeFileSync(file, JSON.stringify(shard));
    return files.map((other) => (other === path ? file : other));
  }

  const FOREIGN: ReadonlyArray<readonly [what: string, edit: (shard: Writable) => void]> = [
    ['a checkpoint', ({ checkpoint }) => void Object.assign(checkpoint, { digest: 'sha256:other' })],
    ['a reference', (shard) => void Object.assign(shard, { reference: null })],
    ['a device', (shard) => void Object.assign(shard, { device: 'cuda' })],
    ['a tool version', ({ tool }) => void Object.assign(tool, { version: '0.0.9' })],
    ['a number of shards', ({ shard }) => void Object.assign(shard, { count: 5 })],
    ['a seed', ({ probes }) => void Object.assign(probes ?? {}, { seed: 7 })],
    ['a chat template', ({ probes }) => void Object.assign(probes ?? {}, { chatTemplate: true })],
    ['probe suites', ({ probes }) => void Object.assign(probes?.suites[0] ?? {}, { digest: 'sha256:other' })],
    [
      'half',
      (shard) => {
        shard.probes = null;
        shard.shard.probes = null;
      },
    ],
  ];
  it.each(FOREIGN)('refuses shards of different measurements: another %s', async (what, edit) => {
    const word = what.replace(/^a /, '');
    await expect(mergeFiles(changed(3, edit))).rejects.toThrow(
      new RegExp(
        `changed\\.json is not a shard of the same measurement as .*1\\.json: another ${word}.* — give the shards`,
      ),
    );
  });

  it('refuses an incomplete set of shards, and a shard that is given twice', async () => {
    const [one = '', two = '', three = '', four = ''] = files;
    await expect(mergeFiles([one, two, four])).rejects.toThrow(/^shard 3\/4 of .*1\.json is missing — /);
    await expect(mergeFiles([two])).rejects.toThrow(/^shards 1\/4, 3\/4, 4\/4 of .*2\.json are missing — /);
    await expect(mergeFiles([one, two, three, four, two])).rejects.toThrow(
      /2\.json and .*2\.json are both shard 2\/4 — /,
    );
  });

  it('refuses a file that is not a shard', async () => {
    const folder = temporaryFolder();
    const whole = join(folder, 'whole.json');
    await writeJson(whole, await mergeFiles(files));
    await expect(mergeFiles([whole])).rejects.toThrow(/whole\.json is a complete measurement, not a shard — /);
    await expect(mergeFiles([join(folder, 'none.json')])).rejects.toThrow(/none\.json does not exist/);
    writeFileSync(join(folder, 'broken.json'), readFileSync(whole, 'utf8').slice(0, 100));
    await expect(mergeFiles([join(folder, 'broken.json')])).rejects.toThrow(/broken\.json is not JSON/);
  });

  it.each([
    [
      'a spectrum of another shard',
      ({ shard: { spectra } }: Writable, other: Writable) => {
        spectra.measured[0] = other.shard.spectra.measured[0] ?? 0;
      },
      /changed\.json and .*4\.json both have spectrum \d+ of \d+/,
    ],
    [
      'one spectrum too few',
      ({ tensors, shard: { spectra } }: Writable) => {
        tensors.pop();
        spectra.measured.pop();
      },
      /together have \d+ of \d+ spectrum entries/,
    ],
    ['a spectrum without an index', ({ tensors }: Writable) => void tensors.pop(), /changed\.json is damaged/],
    ['one vector too few', ({ shard }: Writable) => void shard.spectra.vectors.pop(), /vector entries/],
    [
      'one probe too few',
      ({ probes, shard }: Writable) => {
        probes?.items.pop();
        shard.probes?.items.pop();
      },
      /together have 809 of 810 probe entries/,
    ],
    [
      'a probe that is not in the suites',
      ({ shard }: Writable) => {
        shard.probes?.items.splice(0, 1, 5000);
      },
      /changed\.json has probe 5001 of 810/,
    ],
    [
      'probes without indices',
      ({ shard }: Writable) => {
        shard.probes = null;
      },
      /changed\.json is damaged/,
    ],
  ] as const)('refuses a damaged shard: %s', async (_, edit, message) => {
    const other = readJson<Writable>(files[3] ?? '');
    await expect(mergeFiles(changed(3, (shard) => edit(shard, other)))).rejects.toThrow(message);
  });

  it('is needed before a comparison, which refuses a single shard', async () => {
    const [one = ''] = files;
    await expect(readMeasurement(one)).rejects.toThrow(/1\.json is shard 1\/4 of a measurement — join all .*merge/);
    await expect(readBaseline(one)).rejects.toThrow(/is shard 1\/4 of a measurement/);
  });
});

/** A measurement as JSON, to edit. */
interface Writable {
  tool: object;
  checkpoint: object;
  tensors: unknown[];
  probes: { items: unknown[]; suites: object[] } | null;
  shard: {
    spectra: { measured: number[]; vectors: number[] };
    probes: { items: number[] } | null;
  };
}
