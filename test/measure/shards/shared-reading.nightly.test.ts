import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestCheckpoint, openCheckpoint } from '@shadow-gate/checkpoints';
import { at } from '@shadow-gate/platform';
import { writeJson } from '@shadow-gate/platform/files';
import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import type { Files } from '../../../packages/checkpoints/test/hub/fake-hub.ts';
import { useFakeHub } from '../../../packages/checkpoints/test/hub/use-fake-hub.ts';
import { float32, type RawTensor, safetensorsBytes } from '../../../packages/checkpoints/test/write-safetensors.ts';
import { expectCheckpoint } from '../../../src/measure/index.ts';
import { openMeasured, openMeasuredReference } from '../../../src/measure/open-measured.ts';
import type { ProbeRunOptions } from '../../../src/measure/options.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { mergeFiles } from '../../../src/measure/shards/merge.ts';
import type { Shard } from '../../../src/measure/shards/shard.ts';
import { planReading } from '../../../src/measure/shared-reading.ts';
import { runCli } from '../../cli/run-cli.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';
import { measurePath } from '../measure-path.ts';
import { text } from './shard-files.ts';

const hub = await useFakeHub();

const [HIDDEN, INNER, LAYERS, VOCABULARY, FILES] = [192, 384, 8, 1000, 4];
const CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: HIDDEN,
  intermediate_size: INNER,
  num_hidden_layers: LAYERS,
  num_attention_heads: 4,
  vocab_size: VOCABULARY,
};

/** Most of a listing and of headers: what every machine reads, whatever it measures. */
const FIRST_BYTES = 64 * 1024;

function tensors(seed: number): Array<readonly [string, RawTensor]> {
  const random = new Random(seed, 'weights');
  const matrix = (rows: number, columns: number) =>
    float32(
      [rows, columns],
      Array.from({ length: rows * columns }, () => random.int(-1000, 1000) / 30_000),
    );
  const ones = () => float32([HIDDEN], Array<number>(HIDDEN).fill(1));
  const layers = Array.from({ length: LAYERS }, (_, i): Array<readonly [string, RawTensor]> => {
    const name = (module: string) => `model.layers.${i}.${module}.weight`;
    return [
      [name('input_layernorm'), ones()],
      [name('mlp.down_proj'), matrix(HIDDEN, INNER)],
      [name('mlp.gate_proj'), matrix(INNER, HIDDEN)],
      [name('mlp.up_proj'), matrix(INNER, HIDDEN)],
      [name('post_attention_layernorm'), ones()],
      ...['k', 'o', 'q', 'v'].map((one) => [name(`self_attn.${one}_proj`), matrix(HIDDEN, HIDDEN)] as const),
    ];
  });
  return [
    ['model.embed_tokens.weight', matrix(VOCABULARY, HIDDEN)],
    ...layers.flat(),
    ['model.norm.weight', ones()],
    ['lm_head.weight', matrix(VOCABULARY, HIDDEN)],
  ];
}

function fileOf(some: ReadonlyArray<readonly [string, RawTensor]>): Buffer {
  let end = 0;
  const header = some.map(([name, { dtype, shape, data }]) => {
    end += data.byteLength;
    return [name, { dtype, shape, data_offsets: [end - data.byteLength, end] }] as const;
  });
  return safetensorsBytes(Object.fromEntries(header), Buffer.concat(some.map(([, { data }]) => data)));
}

/** The files of a model, its weights cut into files of as many bytes. */
function model(seed: number): Files {
  const all = tensors(seed);
  const total = all.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  const files: Array<Array<readonly [string, RawTensor]>> = Array.from({ length: FILES }, () => []);
  let done = 0;
  for (const tensor of all) {
    at(files, Math.floor((FILES * done) / total)).push(tensor);
    done += tensor[1].data.byteLength;
  }
  const nameOf = (i: number) => `model-0000${i + 1}-of-0000${FILES}.safetensors`;
  const map = files.flatMap((some, i) => some.map(([name]) => [name, nameOf(i)] as const));
  return {
    'config.json': JSON.stringify(CONFIG),
    'model.safetensors.index.json': JSON.stringify({ weight_map: Object.fromEntries(map) }),
    ...Object.fromEntries(files.map((some, i) => [nameOf(i), fileOf(some)])),
  };
}

const [TUNED, BASE] = [model(1), model(2)];
const isWeights = (name: string) => name.endsWith('.safetensors');
const sizeOf = (files: Files) =>
  Object.entries(files).reduce((sum, [name, { length }]) => sum + (isWeights(name) ? length : 0), 0);

interface Machine {
  readonly file: string;
  /** Bytes of weights that the hub sent to it. */
  readonly bytes: number;
}

interface Paths {
  readonly checkpoint?: string;
  readonly reference?: string | undefined;
}

/** Measure on a machine of its own, with nothing in its cache. */
async function machine(shard: Shard | null, { checkpoint = 'hf://org/tuned', reference }: Paths = {}) {
  process.env.SHADOW_GATE_CACHE = temporaryFolder();
  hub.seen.length = 0;
  const opened = await openMeasuredReference(reference);
  const measurement = await measurePath({ checkpoint, reference: opened, device: 'cpu', shard });
  const ranges = hub.seen.filter(({ kind, path }) => kind === 'cdn' && isWeights(path));
  return { measurement, bytes: ranges.reduce((sum, { range }) => sum + (range ? range[1] - range[0] : 0), 0) };
}

async function machines(count: number, paths: Paths = {}): Promise<Machine[]> {
  const folder = temporaryFolder();
  const all: Machine[] = [];
  for (let index = 1; index <= count; index += 1) {
    const { measurement, bytes } = await machine({ index, count }, paths);
    const file = join(folder, `${index}.json`);
    await writeJson(file, measurement);
    all.push({ file, bytes });
  }
  return all;
}

const filesOf = (all: readonly Machine[]) => all.map(({ file }) => file);
const BOTH = { reference: 'hf://org/base' };

function edited(file: string, edit: (shard: Measurement) => void): string {
  const shard = readJson<Measurement>(file);
  edit(shard);
  const path = join(temporaryFolder(), 'edited.json');
  writeFileSync(path, JSON.stringify(shard));
  return path;
}

describe('the shards of a checkpoint on a hub', () => {
  it('read a share of its bytes each, and of those of its reference, and give the measurement of one machine', async () => {
    hub.commit('org/tuned', TUNED);
    hub.commit('org/base', BASE);
    const all = await machines(4, BOTH);
    const total = sizeOf(TUNED) + sizeOf(BASE);
    for (const { bytes } of all) expect(bytes).toBeLessThan(0.3 * total + 2 * FILES * FIRST_BYTES);
    expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(total + 4 * 2 * FILES * FIRST_BYTES);
    const one = await machine(null, BOTH);
    expect(one.bytes).toBe(total);
    const merged = await mergeFiles(filesOf(all).reverse());
    expect(text(merged)).toBe(text(one.measurement));
    expect(merged.behavior?.logitScale).not.toBeNull();
    const folder = join(temporaryFolder(), 'local');
    mkdirSync(folder);
    for (const [name, content] of Object.entries(TUNED)) writeFileSync(join(folder, name), content);
    expect(merged.checkpoint.digest, 'that of the same files on a disk').toBe(
      await digestCheckpoint(await openCheckpoint(folder)),
    );
  });

  it.each([
    // Its output embedding, which is that of its tokens, is not in the first share.
    ['gpt2', undefined],
    ['lora', 'llama-f32'],
    ['llama-tuned', 'llama-f32'],
  ])('give the measurement of one machine for %s', async (name, base) => {
    const folderOf = (fixed: string) =>
      Object.fromEntries(readdirSync(fixture(fixed)).map((file) => [file, readFileSync(fixture(fixed, file))]));
    hub.commit('org/fixture', folderOf(name));
    if (base) hub.commit('org/base', folderOf(base));
    const paths = { checkpoint: 'hf://org/fixture', reference: base && 'hf://org/base' };
    const { measurement } = await machine(null, paths);
    expect(text(await mergeFiles(filesOf(await machines(5, paths))))).toBe(text(measurement));
  });

  it('are of what the hub lists at a path, or refused, without a byte of its weights', async () => {
    const sha = hub.commit('org/tuned', TUNED);
    const merged = await mergeFiles(filesOf(await machines(2)));
    const hotter = hub.commit('org/tuned', { ...TUNED, 'generation_config.json': Buffer.from('{"temperature": 2}') });
    hub.commit('org/base', BASE);
    hub.seen.length = 0;
    const expected = (path: string) => expectCheckpoint(merged, { path, reference: undefined });
    await expected(`hf://org/tuned@${sha}`);
    await expect(expected(`hf://org/tuned@${hotter}`)).rejects.toThrow(
      'with another tokenizer, template, sampling or code',
    );
    await expect(expected('hf://org/base')).rejects.toThrow('of another checkpoint than hf://org/base: sha256:');
    expect(hub.seen.filter(({ path }) => isWeights(path))).toEqual([]);
  });

  it('compare the SHA-256 of a file that one of them has read, and name the files that none has', async () => {
    const sha = hub.commit('org/tuned', TUNED);
    const named = (i: number) => `hf://org/tuned@${sha}/model-0000${i}-of-00004.safetensors`;
    const three = filesOf(await machines(3));
    const merged = await mergeFiles(three);
    const printed = await runCli('merge', ...three, '--out', join(temporaryFolder(), 'merged.json'));
    expect(printed.stderr).toContain(`No machine read all of ${named(2)} and 2 more, so that`);
    expect(merged.run.unverified).toEqual([2, 3, 4].map(named));
    const two = await mergeFiles(filesOf(await machines(2)));
    expect(two.run.unverified?.length).toBeLessThan(FILES);
    expect((await mergeFiles(filesOf(await machines(1)))).run.unverified).toBeUndefined();
  });

  it('end with an error where a file that one of them reads is not what the hub lists', async () => {
    hub.commit('org/tuned', TUNED);
    const damaged = 'model-00003-of-00004.safetensors';
    hub.faults = {
      swap: (name, content) =>
        name === damaged ? Buffer.concat([content.subarray(0, -4), Buffer.from([1, 2, 3, 4])]) : content,
    };
    await expect(machines(2)).rejects.toThrow(/model-00003-of-00004\.safetensors arrived damaged: its SHA-256 differs/);
  });

  it('have the digest of the bytes that they read, whatever the hub lists', async () => {
    hub.commit('org/tuned', TUNED);
    const honest = await mergeFiles(filesOf(await machines(4)));
    hub.faults = {
      swap: (name, content) =>
        isWeights(name) ? Buffer.concat([content.subarray(0, -4), Buffer.from([1, 2, 3, 4])]) : content,
    };
    const other = await mergeFiles(filesOf(await machines(4)));
    expect(other.run.unverified, 'so that no machine saw it').toHaveLength(FILES);
    expect(other.run.hub).toEqual(honest.run.hub);
    expect(other.checkpoint.digest).not.toBe(honest.checkpoint.digest);
  });

  it('compare other weights of its folder in shares, and one of them finds a difference', async () => {
    const all = tensors(1);
    const beside = (some: typeof all) => ({ ...TUNED, 'extra.safetensors': fileOf(some) });
    hub.commit('org/same', beside(all));
    const total = 2 * sizeOf(TUNED);
    const shards = await machines(4, { checkpoint: 'hf://org/same' });
    for (const { bytes } of shards) expect(bytes).toBeLessThan(0.3 * total + 2 * FILES * FIRST_BYTES);
    const [name, last] = at(all, all.length - 3);
    hub.commit('org/other', beside(all.with(all.length - 3, [name, { ...last, data: last.data.map(() => 1) }])));
    const results: string[] = [];
    for (const index of [1, 2, 3, 4]) {
      const result = machine({ index, count: 4 }, { checkpoint: 'hf://org/other' });
      results.push(
        await result.then(
          () => '',
          (error: Error) => error.message,
        ),
      );
    }
    expect(results.filter((message) => message.includes('has other numbers'))).toHaveLength(1);
  });
});

describe('a merge of them refuses', () => {
  it('shards of another listing, and of weights that were read as a whole', async () => {
    hub.commit('org/tuned', TUNED);
    const [one, two] = filesOf(await machines(2));
    hub.commit('org/tuned', { ...BASE });
    const [, foreign = ''] = filesOf(await machines(2));
    await expect(mergeFiles([one ?? '', foreign])).rejects.toThrow(/another checkpoint \(listed:.* and listed:/);
    const folder = join(temporaryFolder(), 'local');
    mkdirSync(folder);
    for (const [name, content] of Object.entries(TUNED)) writeFileSync(join(folder, name), content);
    const [local = ''] = filesOf(await machines(2, { checkpoint: folder }));
    await expect(mergeFiles([local, two ?? ''])).rejects.toThrow(
      /another way of reading the checkpoint \(its own tensors, from a hub and all of it\)/,
    );
  });

  it('a tensor that no shard has read, one that does not belong to it, and other bytes of one', async () => {
    hub.commit('org/tuned', TUNED);
    const [one = '', two = ''] = filesOf(await machines(2));
    const digested = ({ shard }: Measurement) => shard?.digests.checkpoint?.tensors ?? [];
    const lacking = edited(two, (shard) => void digested(shard).pop());
    await expect(mergeFiles([one, lacking])).rejects.toThrow(/together have not read the tensors of the checkpoint/);
    const more = edited(two, (shard) => void digested(shard).push(['x', 'F32', [1], '0'.repeat(64)]));
    await expect(mergeFiles([one, more])).rejects.toThrow(/together have not read the tensors of the checkpoint/);
    const [name = '', dtype = '', shape = []] = at(digested(readJson<Measurement>(one)), 0);
    const twice = edited(two, (shard) => void digested(shard).push([name, dtype, shape, '0'.repeat(64)]));
    await expect(mergeFiles([one, twice])).rejects.toThrow(/1\.json and .*edited\.json have read other bytes of/);
    const without = edited(two, (shard) => {
      if (shard.shard) shard.shard.digests.checkpoint = null;
    });
    await expect(mergeFiles([one, without])).rejects.toThrow(/edited\.json is damaged/);
  });
});

describe('all of a checkpoint is read', () => {
  const probes = { suites: [] } as unknown as ProbeRunOptions;
  const shard = { index: 1, count: 4 };

  it('by a shard that runs the model on probes, by one of probes alone, and of files that the hub lists without digest', async () => {
    hub.commit('org/tuned', TUNED);
    const opened = await openMeasured({ checkpoint: 'hf://org/tuned' });
    const endpoint = { endpoint: 'http://localhost:1/v1', model: 'x' };
    const own = await planReading(opened, { shard });
    expect(own.checkpoint?.size).toBeGreaterThan(10);
    expect((await planReading({ ...opened, endpoint }, { shard, probes })).checkpoint).toEqual(own.checkpoint);
    expect(await planReading(opened, { shard, probes })).toEqual({ checkpoint: null, reference: null });
    expect((await planReading({ ...opened, endpoint }, { shard, probes, spectra: false })).checkpoint).toBeNull();
    process.env.SHADOW_GATE_CACHE = temporaryFolder();
    hub.faults = { lists: ({ lfs: _, ...entry }) => entry };
    const unlisted = await openMeasured({ checkpoint: 'hf://org/tuned' });
    expect((await planReading(unlisted, { shard })).checkpoint).toBeNull();
  });
});
