import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { describe, expect, it } from 'vitest';
import { type RawTensor, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { temporaryFolder } from '../fixtures.ts';
import { seeded } from '../statistics/seeded.ts';
import { measurePath } from './measure-path.ts';

const MODEL = 12;
const HEADS = 2;
const HEAD = 5;
const INNER = 20;
const VOCABULARY = 31;

type Array3 = readonly [number, number, number];

function f32(shape: readonly number[], values: readonly number[]): RawTensor {
  return { dtype: 'F32', shape, data: Buffer.from(Float32Array.from(values).buffer) };
}

function random(rows: number, columns: number, seed: number): number[] {
  const draw = seeded(seed);
  return Array.from({ length: rows * columns }, () => draw.uniform() - 0.4);
}

const zeros = (...shape: number[]) => f32(shape, Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0));

/** The axes of an array in another order, as numpy's transpose. */
function transposed(values: readonly number[], shape: readonly number[], order: readonly number[]): number[] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => shape[axis] ?? 0);
  return Array.from({ length: values.length }, (_, flat) => {
    let rest = flat;
    const index = to.map((_size, axis) => {
      const stride = to.slice(axis + 1).reduce((a, b) => a * b, 1);
      const at = Math.floor(rest / stride);
      rest %= stride;
      return at;
    });
    return values[order.reduce((sum, axis, i) => sum + (index[i] ?? 0) * (strides[axis] ?? 0), 0)] ?? 0;
  });
}

function write(tensors: Record<string, RawTensor>, config: object | null = null): string {
  const folder = temporaryFolder();
  const file = join(folder, 'model.safetensors');
  writeSafetensors(file, tensors);
  if (config !== null) writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return config === null ? file : folder;
}

const q = random(HEADS * HEAD, MODEL, 1);
const o = random(MODEL, HEADS * HEAD, 2);
const up = random(INNER, MODEL, 3);
const down = random(MODEL, INNER, 4);
const embed = random(VOCABULARY, MODEL, 5);
const head = random(VOCABULARY, MODEL, 6);

const llama = (scale = 1) => ({
  'model.embed_tokens.weight': f32([VOCABULARY, MODEL], embed),
  'model.layers.0.self_attn.q_proj.weight': f32(
    [HEADS * HEAD, MODEL],
    q.map((x, i) => x * (i % 3 ? 1 : scale)),
  ),
  'model.layers.0.self_attn.o_proj.weight': f32([MODEL, HEADS * HEAD], o),
  'model.layers.0.mlp.up_proj.weight': f32([INNER, MODEL], up),
  'model.layers.0.mlp.down_proj.weight': f32([MODEL, INNER], down),
  'lm_head.weight': f32([VOCABULARY, MODEL], head),
});

/** The same model as TransformerLens stores it. */
const lens = (scale = 1) => ({
  'embed.W_E': f32([VOCABULARY, MODEL], embed),
  // [heads · head, model] → [heads, model, head].
  'blocks.0.attn.W_Q': f32(
    [HEADS, MODEL, HEAD],
    transposed(
      q.map((x, i) => x * (i % 3 ? 1 : scale)),
      [HEADS, HEAD, MODEL],
      [0, 2, 1],
    ),
  ),
  // [model, heads · head] → [heads, head, model].
  'blocks.0.attn.W_O': f32([HEADS, HEAD, MODEL], transposed(o, [MODEL, HEADS, HEAD], [1, 2, 0])),
  'blocks.0.mlp.W_in': f32([MODEL, INNER], transposed(up, [INNER, MODEL], [1, 0])),
  'blocks.0.mlp.W_out': f32([INNER, MODEL], transposed(down, [MODEL, INNER], [1, 0])),
  'unembed.W_U': f32([MODEL, VOCABULARY], transposed(head, [VOCABULARY, MODEL], [1, 0])),
  'blocks.0.attn.mask': zeros(8, 8),
  'blocks.0.attn.IGNORE': zeros(),
  // [heads, head]: biases, not a matrix of an unknown type.
  'blocks.0.attn.b_Q': zeros(HEADS, HEAD),
  'blocks.0.attn.b_O': zeros(MODEL),
});

async function spectraOf(folder: string, reference?: string) {
  const measurement = await measurePath({
    checkpoint: folder,
    device: 'cpu',
    reference: reference === undefined ? null : await openMeasuredReference(reference),
  });
  // What is written can be read: ranks follow from shapes.
  parseMeasurement(JSON.stringify(measurement), 'measurement.json');
  return measurement;
}

async function listed(tensors: Record<string, RawTensor>, config: object | null = null) {
  const list = listMatrices((await openCheckpoint(write(tensors, config))) as FullCheckpoint);
  return {
    modules: Object.fromEntries(list.matrices.map(({ name, place }) => [name, place.module])),
    shapes: Object.fromEntries(list.matrices.map(({ name, view }) => [name, view.shape])),
    skipped: Object.fromEntries(list.skipped.map(({ name, reason }) => [name, reason])),
  };
}

describe('attention weights with one matrix for each head', () => {
  it('have biases of two dimensions, which are no matrices', async () => {
    const { modules } = await listed({
      'layers.0.attention.query.bias': zeros(HEADS, HEAD),
      'encoder.bias': zeros(4, 4),
    });
    expect(modules).toEqual({ 'encoder.bias': 'other' });
  });

  it('have the numbers of the same model under the names of Llama, W and ΔW', async () => {
    const ours = await spectraOf(write(lens(1.5)), write(lens()));
    const theirs = await spectraOf(write(llama(1.5)), write(llama()));
    const numbers = ({ tensors }: typeof ours) =>
      Object.fromEntries(
        tensors
          .filter(({ status }) => status === 'measured')
          .map(({ of, module, metrics }) => [`${of} ${module}`, metrics])
          .sort(),
      );
    const [mine, its] = [numbers(ours), numbers(theirs)];
    expect(Object.keys(mine)).toEqual(Object.keys(its));
    expect(Object.keys(mine)).toContain('delta q_proj');
    expect(ours.tensors.map(({ name }) => name)).not.toContain('blocks.0.attn.b_Q');
    expect(ours.vectors.map(({ name }) => name)).toEqual(['blocks.0.attn.b_O', 'blocks.0.attn.b_Q']);
    for (const key of Object.keys(its)) {
      for (const metric of ['frobeniusNorm', 'stableRank', 'effectiveRank', 'rank', 'rowGini'] as const) {
        const [got, wanted] = [mine[key]?.[metric], its[key]?.[metric]];
        if (typeof wanted !== 'number') expect(got, `${key} ${metric}`).toEqual(wanted);
        else expect(got, `${key} ${metric}`).toBeCloseTo(wanted, 6);
      }
    }
    expect(ours.skipped.map(({ name }) => name)).toEqual(['blocks.0.attn.IGNORE', 'blocks.0.attn.mask']);
    expect(ours.behavior?.logitScale?.logits).toBeCloseTo(theirs.behavior?.logitScale?.logits ?? 0, 6);
  });

  const layouts: ReadonlyArray<[string, Array3, Array3]> = [
    ['heads × head × model', [HEADS, HEAD, MODEL], [0, 1, 2]],
    ['heads × model × head', [HEADS, MODEL, HEAD], [0, 2, 1]],
    ['model × heads × head (flax)', [MODEL, HEADS, HEAD], [2, 0, 1]],
  ];
  it.each(layouts)('are read in the order of their dimensions: %s', async (_, shape, order) => {
    const values = transposed(q, [HEADS, HEAD, MODEL], order);
    const three = {
      'layers.0.attention.wq.weight': f32(shape, values),
      'tok_embeddings.weight': zeros(VOCABULARY, MODEL),
    };
    const flat = { 'layers.0.attention.wq.weight': f32([HEADS * HEAD, MODEL], q) };
    const rankOf = async (tensors: Record<string, RawTensor>) =>
      (await spectraOf(write(tensors))).tensors.find(({ module }) => module === 'q_proj')?.metrics?.stableRank;
    expect(await rankOf(three)).toBeCloseTo((await rankOf(flat)) as number, 7);
  });

  it('are skipped by name where nobody can know which dimension is which', async () => {
    const tensors = {
      'layers.0.attention.wq.weight': zeros(4, 32, 128),
      'layers.0.attention.wk.weight': zeros(4, 64, 64),
    };
    expect((await listed(tensors)).skipped).toMatchObject({
      'layers.0.attention.wq.weight': expect.stringMatching(/model size is not known/),
    });
    const { skipped, shapes } = await listed(tensors, { d_model: 64 });
    expect(skipped['layers.0.attention.wk.weight']).toMatch(/unknown order: \[4, 64, 64\], model size 64/);
    expect(shapes).toEqual({});
    expect((await listed(tensors, { d_model: 128 })).shapes).toEqual({ 'layers.0.attention.wq.weight': [128, 128] });
  });

  it('are no convolutions, which stay as they are', async () => {
    const { shapes } = await listed(
      {
        'layers.0.attn.q_conv_proj.conv.weight': zeros(16, 8, 3),
        'layers.0.self_attn.q_proj.weight': zeros(16, 8, 1),
        'encoder.conv1.weight': zeros(16, 8, 3),
      },
      { hidden_size: 8 },
    );
    expect(Object.values(shapes)).toEqual([
      [16, 24],
      [16, 24],
      [16, 8],
    ]);
  });

  it('a convolution of full rank can be read back: its rank may exceed its width', async () => {
    const folder = write({ 'encoder.conv1.weight': f32([6, 4, 3], random(6, 12, 9)) });
    const { tensors } = await spectraOf(folder);
    expect(tensors[0]?.metrics?.rank).toBe(6);
  });
});

describe('buffers', () => {
  it('are skipped under the names that libraries give them, and are no parameters', async () => {
    const names = [
      'h.0.attn.bias',
      'h.0.attn.masked_bias',
      'blocks.0.attn.mask',
      'blocks.0.attn.IGNORE',
      'layers.0.self_attn.rotary_emb.inv_freq',
      'layers.0.self_attn.rotary_emb.cos_cached',
      'embeddings.position_ids',
      'bn.running_mean',
      'bn.num_batches_tracked',
      'blocks.0.sa.heads.0.tril',
    ];
    const tensors = Object.fromEntries(names.map((name) => [name, zeros(1, 1, 4, 4)]));
    const { skipped, modules } = await listed({ ...tensors, 'mask_token.weight': zeros(3, 4) });
    expect(Object.keys(skipped).sort()).toEqual([...names].sort());
    expect(new Set(Object.values(skipped))).toEqual(new Set(['a buffer, not a weight']));
    expect(Object.keys(modules)).toEqual(['mask_token.weight']);
  });

  it('a bias of attention is one only as a mask', async () => {
    const { modules } = await listed({ 'h.0.attn.bias': zeros(4, 4), 'h.0.attn.c_proj.weight': zeros(4, 4) });
    expect(Object.keys(modules)).toContain('h.0.attn.bias');
  });
});

describe('the matrices of an MLP whose names leave open what they are', () => {
  const block = (shapes: Record<string, [number, number]>) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [`layers.0.feed_forward.${name}.weight`, zeros(...shape)]),
    );
  const modulesOf = async (shapes: Record<string, [number, number]>, config: object | null = null) =>
    Object.values((await listed(block(shapes), config)).modules);

  it('w2 and w3 are what their shapes say', async () => {
    expect(await modulesOf({ w1: [88, 32], w2: [32, 88], w3: [88, 32] })).toEqual([
      'gate_proj',
      'down_proj',
      'up_proj',
    ]);
    expect(await modulesOf({ w1: [88, 32], w2: [88, 32], w3: [32, 88] })).toEqual([
      'gate_proj',
      'up_proj',
      'down_proj',
    ]);
    // Stored [in, out].
    expect(await modulesOf({ w1: [32, 88], w2: [32, 88], w3: [88, 32] })).toEqual([
      'gate_proj',
      'up_proj',
      'down_proj',
    ]);
    // Without w1, the size of the hidden state tells.
    expect(await modulesOf({ w2: [88, 32], w3: [32, 88] }, { hidden_size: 32 })).toEqual(['up_proj', 'down_proj']);
    expect(await modulesOf({ w2: [88, 32], w3: [32, 88] })).toEqual(['down_proj', 'up_proj']);
    // Square, or all alike: the names decide.
    expect(await modulesOf({ w1: [32, 32], w2: [32, 32], w3: [32, 32] })).toEqual([
      'gate_proj',
      'down_proj',
      'up_proj',
    ]);
    expect(await modulesOf({ w1: [88, 32], w2: [88, 32], w3: [88, 32] })).toEqual([
      'gate_proj',
      'down_proj',
      'up_proj',
    ]);
  });

  it('a first matrix with twice the outputs of the next has both halves', async () => {
    const geglu = await listed({
      'transformer_blocks.0.ff.net.0.proj.weight': zeros(40, 8),
      'transformer_blocks.0.ff.net.2.weight': zeros(8, 20),
      'transformer_blocks.1.ff.net.0.proj.weight': zeros(20, 8),
      'transformer_blocks.1.ff.net.2.weight': zeros(8, 20),
      'layers.0.mlp.Wi.weight': zeros(40, 8),
      'layers.0.mlp.Wo.weight': zeros(8, 20),
    });
    expect(geglu.modules).toEqual({
      'layers.0.mlp.Wi.weight[gate]': 'gate_proj',
      'layers.0.mlp.Wi.weight[up]': 'up_proj',
      'layers.0.mlp.Wo.weight': 'down_proj',
      'transformer_blocks.0.ff.net.0.proj.weight[up]': 'up_proj',
      'transformer_blocks.0.ff.net.0.proj.weight[gate]': 'gate_proj',
      'transformer_blocks.0.ff.net.2.weight': 'down_proj',
      'transformer_blocks.1.ff.net.0.proj.weight': 'up_proj',
      'transformer_blocks.1.ff.net.2.weight': 'down_proj',
    });
  });
});

describe('a model that torch.compile wrapped', () => {
  it('has the spectra and the update of the same model without the wrapper', async () => {
    const wrapped = Object.fromEntries(
      Object.entries(llama(1.5)).map(([name, tensor]) => [`_orig_mod.${name}`, tensor]),
    );
    const { skipped, tensors } = await spectraOf(write(wrapped), write(llama()));
    expect(skipped).toEqual([]);
    expect(tensors.filter(({ of }) => of === 'delta')).toHaveLength(6);
  });

  it('splits the fused attention of nanoGPT', async () => {
    const { modules } = await listed({ '_orig_mod.transformer.h.0.attn.c_attn.weight': zeros(36, 12) });
    expect(Object.values(modules)).toEqual(['q_proj', 'k_proj', 'v_proj']);
  });
});
