import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestCheckpoint, openReference } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { float32Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { tensorValue } from '@shadow-gate/checkpoints/tensors';
import { describeDecoder } from '@shadow-gate/language-model';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { CPU, languageModel } from '../../../../test/language-models.ts';
import { ggufBytes, pair, type WrittenGguf } from '../../../checkpoints/test/formats/gguf/write-gguf.ts';
import { messageOf } from '../../../checkpoints/test/refusal.ts';
import { float32, writeSafetensors } from '../../../checkpoints/test/write-safetensors.ts';
import { difference, readCases, TOLERANCE, withEngine } from '../runtime/engines.ts';
import { ggufLogits, ggufModel } from '../runtime/gguf-models.ts';

const folder = temporaryFolder();

async function valuesOf(entry: TensorEntry): Promise<Float32Array> {
  const graph = new Graph();
  graph.output('values', graph.cast(tensorValue(graph, entry), ElementType.float32), ElementType.float32);
  return float32Output(await runGraph(graph, CPU), 'values');
}

function write(name: string, written: WrittenGguf): string {
  const path = join(folder, name);
  writeFileSync(path, ggufBytes(written));
  return path;
}

const architecture = (name: string) => pair('general.architecture', 'string', name);
const matrix = { name: 'blk.0.attn_q.weight', dims: [8, 8] };

describe('a GGUF model', () => {
  // Llama's queries and keys have another order, Gemma's norms another constant, Qwen 3.5's values, convolutions and
  // decays both.
  it.each(['llama', 'gemma', 'qwen3-5', 'granite-hybrid', 'deepseek-v2-v5', 'falcon-40b'])(
    'of %s has the names, shapes and values of the checkpoint that it was converted from',
    async (name) => {
      const { tensors } = await openReference(ggufModel(name));
      const original = await openReference(languageModel(name));
      expect([...tensors.keys()]).toEqual([...original.tensors.keys()]);
      for (const [tensor, entry] of original.tensors) {
        const found = tensors.get(tensor);
        expect([tensor, found?.shape]).toEqual([tensor, entry.shape]);
        if (found) expect(difference(await valuesOf(found), await valuesOf(entry))).toBeLessThan(1e-6);
      }
    },
  );

  it.each(['llama', 'gemma3', 'qwen3-moe', 'gpt-oss'])('of %s runs like the original', async (name) => {
    await withEngine(ggufModel(name), {}, async (engine) => {
      for (const { tokens, logits } of readCases(ggufLogits(name))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });

  it('has matrices of every type that its original has, and a digest of its own bytes', async () => {
    const checkpoint = await openReference(ggufModel('llama'));
    const modules = (list: ReturnType<typeof listMatrices>) =>
      list.matrices.map(({ name, place }) => [name, place.module]);
    const found = listMatrices(checkpoint);
    expect(found.skipped).toEqual([]);
    expect(modules(found)).toEqual(modules(listMatrices(await openReference(languageModel('llama')))));
    const digest = await digestCheckpoint(checkpoint);
    const copy = join(folder, 'copy.gguf');
    const bytes = readFileSync(ggufModel('llama'));
    writeFileSync(copy, bytes);
    expect(await digestCheckpoint(await openReference(copy))).toBe(digest);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    writeFileSync(copy, bytes);
    expect(await digestCheckpoint(await openReference(copy))).not.toBe(digest);
  });

  it('is the only one of a folder, whatever it is called, and several are refused', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    copyFileSync(ggufModel('llama'), join(inside, 'model-Q4_K_M.gguf'));
    expect(await openReference(inside)).toMatchObject({ format: 'gguf', path: join(inside, 'model-Q4_K_M.gguf') });
    copyFileSync(ggufModel('llama'), join(inside, 'other.gguf'));
    expect(await messageOf(inside)).toMatch(
      /has 2 GGUF models: model-Q4_K_M\.gguf, other\.gguf — give the path of one/,
    );
    const named = join(folder, 'weights.bin');
    copyFileSync(ggufModel('llama'), named);
    expect(await openReference(named)).toMatchObject({ format: 'gguf' });
  });

  const part = (no: number, tensors: WrittenGguf['tensors'], count = 2, all = 3): WrittenGguf => ({
    pairs: [
      architecture('tests'),
      ...[
        ['no', no],
        ['count', count],
      ].map(([key, value]) => pair(`split.${key}`, 'uint16', value ?? 0)),
      pair('split.tensors.count', 'int32', all),
    ],
    tensors: tensors ?? [],
  });
  it('can be in parts, of which the first is given', async () => {
    const first = write('m-00001-of-00002.gguf', part(0, [matrix]));
    write(
      'm-00002-of-00002.gguf',
      part(1, [
        { ...matrix, name: 'blk.0.attn_k.weight' },
        { ...matrix, name: 'b' },
      ]),
    );
    const { tensors } = await openReference(first);
    expect([...tensors.keys()]).toEqual(['b', 'blk.0.attn_k.weight', 'blk.0.attn_q.weight']);
    expect([...tensors.values()].map(({ file }) => file.slice(-18, -5))).toEqual(
      ['00002-of-00002', '00002-of-00002', '00001-of-00002'].map((end) => end.slice(1)),
    );
    expect(await messageOf(join(folder, 'm-00002-of-00002.gguf'))).toMatch(
      /is part 2 of 2 — give the first one, .*m-00001/,
    );
  });

  it('is refused without all of its parts', async () => {
    expect(await messageOf(write('a-00001-of-00003.gguf', part(0, [matrix], 3)))).toMatch(
      /a-00002-of-00003\.gguf is missing/,
    );
    expect(await messageOf(write('alone.gguf', part(0, [matrix])))).toMatch(/says that it is part 1 of 2/);
    write('b-00002-of-00002.gguf', part(1, [matrix]));
    expect(await messageOf(write('b-00001-of-00002.gguf', part(0, [matrix])))).toMatch(
      /two parts .* have the tensor "blk\.0\.attn_q/,
    );
    write('c-00002-of-00002.gguf', part(1, [{ ...matrix, name: 'b' }]));
    expect(await messageOf(write('c-00001-of-00002.gguf', part(0, [matrix])))).toMatch(
      /has 2 tensors, and says that it has 3/,
    );
  });

  it.each<[string, WrittenGguf, RegExp]>([
    [
      'an adapter',
      { pairs: [architecture('llama'), pair('general.type', 'string', 'adapter')], tensors: [matrix] },
      /is a LoRA adapter/,
    ],
    [
      'a tower for images',
      { pairs: [architecture('clip')], tensors: [matrix] },
      /is a tower for images or sound \(mmproj\)/,
    ],
    ['no architecture', { tensors: [matrix] }, /has no general\.architecture/],
    ['no tensors', { pairs: [architecture('llama')] }, /contains no tensors/],
    [
      'a type without numbers',
      { pairs: [architecture('x')], tensors: [{ name: 'w', type: 9, dims: [32, 2], data: Buffer.alloc(80) }] },
      /tensor "w" is Q8_1, and its numbers are not read/,
    ],
  ])('is refused with %s', async (name, written, message) => {
    expect(await messageOf(write(`${name.replaceAll(' ', '-')}.gguf`, written))).toMatch(message);
  });

  const LLAMA = [
    architecture('llama'),
    ...Object.entries({
      block_count: 1,
      context_length: 16,
      embedding_length: 8,
      feed_forward_length: 8,
      'attention.head_count': 2,
    }).map(([key, value]) => pair(`llama.${key}`, 'uint32', value)),
    pair('llama.attention.layer_norm_rms_epsilon', 'float32', 1e-5),
  ];
  it.each<[string, WrittenGguf, RegExp, string]>([
    [
      'an architecture',
      { pairs: [architecture('what')], tensors: [matrix] },
      /general\.architecture "what" is not supported/,
      matrix.name,
    ],
    [
      'a key',
      { pairs: [...LLAMA, pair('llama.attention.new', 'float32', 2)], tensors: [matrix] },
      /key "llama\.attention\.new" may change/,
      'model.layers.0.self_attn.q_proj.weight',
    ],
    [
      'attention to both sides',
      { pairs: [...LLAMA, pair('llama.attention.causal', 'bool', 0)], tensors: [matrix] },
      /key "llama\.attention\.causal" may change/,
      'model.layers.0.self_attn.q_proj.weight',
    ],
    ...(['none', 'linear', 'yarn'] as const).map((type): [string, WrittenGguf, RegExp, string] => [
      `a magnitude of ${type} scaling`,
      {
        pairs: [
          ...LLAMA,
          pair('llama.rope.scaling.type', 'string', type),
          pair('llama.rope.scaling.factor', 'float32', 2),
          pair('llama.rope.scaling.attn_factor', 'float32', 1.5),
        ],
        tensors: [matrix],
      },
      /rope\.scaling\.attn_factor 1\.5 without factors is not read/,
      matrix.name,
    ]),
    [
      'YaRN of factors',
      {
        pairs: [
          ...LLAMA,
          pair('llama.rope.scaling.type', 'string', 'yarn'),
          pair('llama.rope.scaling.factor', 'float32', 2),
        ],
        tensors: [matrix, { name: 'rope_freqs.weight', dims: [2] }],
      },
      /YaRN with factors of its own/,
      matrix.name,
    ],
    [
      'a key of no architecture',
      { pairs: [...LLAMA, pair('steering.scale', 'float32', 2)], tensors: [matrix] },
      /key "steering\.scale" may change/,
      'model.layers.0.self_attn.q_proj.weight',
    ],
    [
      'a tensor',
      { pairs: LLAMA, tensors: [matrix, { name: 'blk.0.attn_z.weight', dims: [8, 8] }] },
      /tensor "blk\.0\.attn_z\.weight" is not known/,
      'blk.0.attn_z.weight',
    ],
    ['no number of layers', { pairs: [architecture('llama')], tensors: [matrix] }, /lacks llama\./, matrix.name],
  ])('with %s that is not known is measured, and not run', async (name, written, reason, tensor) => {
    const checkpoint = await openReference(write(`unknown-${name.replaceAll(' ', '-')}.gguf`, written));
    expect([...checkpoint.tensors.keys()]).toContain(tensor);
    expect(listMatrices(checkpoint).matrices.map(({ place }) => place.module)).toContain('q_proj');
    expect(() => describeDecoder(checkpoint)).toThrow(reason);
  });

  it.each<[string, readonly Buffer[], string]>([
    ['of an unknown architecture', [architecture('what')], 'what.rope.freq_base'],
    ['that is not known', LLAMA, 'llama.rope.new'],
    ['that is read before another is missed', [architecture('llama')], 'llama.block_count'],
  ])('has a key %s in its digest', async (_, pairs, key) => {
    const digest = async (value: number) => {
      const path = write('identity.gguf', { pairs: [...pairs, pair(key, 'float32', value)], tensors: [matrix] });
      return digestCheckpoint(await openReference(path));
    };
    expect(await digest(10_000)).toBe(await digest(10_000));
    expect(await digest(10_000)).not.toBe(await digest(500_000));
  });

  it('of an architecture whose tensors are combined is refused with two for one name', async () => {
    const numbers = {
      block_count: 1,
      context_length: 16,
      embedding_length: 8,
      feed_forward_length: 8,
      'attention.head_count': 2,
      'attention.head_count_kv': 2,
      'attention.key_length': 4,
      'attention.sliding_window': 4,
      expert_count: 2,
      expert_used_count: 1,
    };
    const pairs = [
      architecture('gpt-oss'),
      ...Object.entries(numbers).map(([key, value]) => pair(`gpt-oss.${key}`, 'uint32', value)),
      pair('gpt-oss.attention.layer_norm_rms_epsilon', 'float32', 1e-5),
    ];
    const tensors = [matrix, { name: 'blk.0.attn_qkv.weight', dims: [8, 24] }];
    expect(await messageOf(write('two-for-one.gguf', { pairs, tensors }))).toMatch(
      /has two tensors for "model\.layers\.0\.self_attn\.q_proj\.weight"/,
    );
  });

  it('that says that it is causal is run', async () => {
    const pairs = [...LLAMA, pair('llama.attention.causal', 'bool', 1)];
    const { gguf } = await openReference(write('causal.gguf', { pairs, tensors: [matrix] }));
    expect(gguf?.notRun).toBeNull();
  });

  it('in a folder with config.json is what the file says', async () => {
    const both = join(folder, 'both');
    mkdirSync(both);
    copyFileSync(ggufModel('llama'), join(both, 'model.gguf'));
    writeFileSync(join(both, 'config.json'), '{"model_type": "other"}');
    expect((await openReference(both)).config).toMatchObject({ model_type: 'llama' });
  });
});

it('runs with matrices that are expanded before a session opens, next to those of the file', async () => {
  const [hidden, heads, vocabulary] = [256, 4, 64];
  const random = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 0.2);
  const square = (seed: number) => random(hidden * hidden, seed);
  // llama.cpp has the rows of a head's halves in turns.
  const inTurns = (matrix: Float32Array) => {
    const head = hidden / heads;
    const rows = Array.from({ length: hidden }, (_, i) => {
      const [at, place] = [Math.floor(i / head) * head, i % head];
      return at + (place % 2) * (head / 2) + Math.floor(place / 2);
    });
    return Float32Array.from(rows.flatMap((row) => [...matrix.subarray(row * hidden, (row + 1) * hidden)]));
  };
  const layer: ReadonlyArray<readonly [gguf: string, original: string]> = [
    ['attn_q', 'self_attn.q_proj'],
    ['attn_k', 'self_attn.k_proj'],
    ['attn_v', 'self_attn.v_proj'],
    ['attn_output', 'self_attn.o_proj'],
    ['ffn_gate', 'mlp.gate_proj'],
    ['ffn_up', 'mlp.up_proj'],
    ['ffn_down', 'mlp.down_proj'],
  ];
  const norms = [
    ['blk.0.attn_norm', 'model.layers.0.input_layernorm'],
    ['blk.0.ffn_norm', 'model.layers.0.post_attention_layernorm'],
    ['output_norm', 'model.norm'],
  ] as const;
  const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const embeddings = random(vocabulary * hidden, 50);
  const path = write('wide.gguf', {
    pairs: [
      architecture('llama'),
      ...Object.entries({
        block_count: 1,
        context_length: 16,
        embedding_length: hidden,
        feed_forward_length: hidden,
        'attention.head_count': heads,
      }).map(([key, value]) => pair(`llama.${key}`, 'uint32', value)),
      pair('llama.attention.layer_norm_rms_epsilon', 'float32', 1e-5),
    ],
    tensors: [
      { name: 'token_embd.weight', dims: [hidden, vocabulary], data: bytes(embeddings) },
      ...layer.map(([name], i) => ({
        name: `blk.0.${name}.weight`,
        dims: [hidden, hidden],
        data: bytes(i < 2 ? inTurns(square(i)) : square(i)),
      })),
      ...norms.map(([name], i) => ({ name: `${name}.weight`, dims: [hidden], data: bytes(random(hidden, 20 + i)) })),
    ],
  });
  const original = join(folder, 'wide');
  mkdirSync(original);
  writeSafetensors(join(original, 'model.safetensors'), {
    'model.embed_tokens.weight': float32([vocabulary, hidden], [...embeddings]),
    ...Object.fromEntries(
      layer.map(([, name], i) => [`model.layers.0.${name}.weight`, float32([hidden, hidden], [...square(i)])]),
    ),
    ...Object.fromEntries(
      norms.map(([, name], i) => [`${name}.weight`, float32([hidden], [...random(hidden, 20 + i)])]),
    ),
  });
  const { config } = await openReference(path);
  writeFileSync(join(original, 'config.json'), JSON.stringify(config));
  const tokens = [3, 1, 4, 1, 5, 9];
  const expected = await withEngine(original, {}, (engine) => engine.logits(tokens));
  expect(difference(await withEngine(path, {}, (engine) => engine.logits(tokens)), expected)).toBeLessThan(1e-5);
});
