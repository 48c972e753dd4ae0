import { DEVICE_RESERVE } from '@shadow-gate/checkpoints/onnx';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { describeDecoder } from '@shadow-gate/language-model';
import { expect, it } from 'vitest';
import { Weights } from '../../src/architectures/weights.ts';
import { buildBackbone } from '../../src/graph/backbone.ts';
import { buildHead } from '../../src/graph/head.ts';
import { type DeviceNeeds, describePlan, deviceNeeds, planDeviceMemory } from '../../src/runtime/device-memory.ts';
import { checkpointOf } from '../architectures/checkpoint-of.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Llama 3 8B, with nothing in its tensors. */
const CONFIG = {
  model_type: 'llama',
  vocab_size: 128_256,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 8192,
};

/** As its model card counts them. */
const PARAMETERS = 8_030_261_248;

function needsOf(held: 'float32' | 'as-stored', batchBytes: number): DeviceNeeds {
  const shapes: Array<readonly [string, readonly number[]]> = [
    ['model.embed_tokens', [128_256, 4096]],
    ['lm_head', [128_256, 4096]],
    ['model.norm', [4096]],
  ];
  for (let layer = 0; layer < 32; layer += 1) {
    const own: Array<readonly [string, readonly number[]]> = [
      ['input_layernorm', [4096]],
      ['post_attention_layernorm', [4096]],
      ['self_attn.q_proj', [4096, 4096]],
      ['self_attn.k_proj', [1024, 4096]],
      ['self_attn.v_proj', [1024, 4096]],
      ['self_attn.o_proj', [4096, 4096]],
      ['mlp.gate_proj', [14_336, 4096]],
      ['mlp.up_proj', [14_336, 4096]],
      ['mlp.down_proj', [4096, 14_336]],
    ];
    shapes.push(...own.map(([name, shape]) => [`model.layers.${layer}.${name}`, shape] as const));
  }
  const tensors = shapes.map(([module, shape]): [string, TensorEntry] => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const name = `${module}.weight`;
    return [name, { name, dtype: 'BF16', shape, size, file: '/none', offset: 0, byteLength: 2 * size }];
  });
  expect(tensors.reduce((sum, [, { size }]) => sum + size, 0)).toBe(PARAMETERS);
  const checkpoint = { ...checkpointOf(CONFIG), tensors: new Map(tensors) };
  const decoder = describeDecoder(checkpoint);
  const weights = new Weights(checkpoint, decoder, null, { held });
  const backbone = buildBackbone(decoder, weights, { attention: 'concat', fuseExperts: false, useKvCache: false });
  return deviceNeeds(decoder, [backbone, buildHead(decoder, weights)], batchBytes);
}

it('counts weights by the precision in which they are held', () => {
  // Norms are small, and always in float32.
  const norms = 65 * 4096;
  expect(needsOf('as-stored', 512 * MIB).weights).toBe(2 * PARAMETERS + 2 * norms);
  // The table of embeddings is looked up as it is stored.
  expect(needsOf('float32', 512 * MIB).weights).toBe(4 * PARAMETERS - 2 * 128_256 * 4096);
});

it('counts the largest part of a matrix in float32 for both sessions, twice', () => {
  const { expanded } = needsOf('as-stored', 512 * MIB);
  expect(expanded).toBeLessThanOrEqual(4 * 128 * MIB);
  expect(expanded).toBeGreaterThan(4 * 100 * MIB);
  expect(needsOf('float32', 512 * MIB).expanded).toBe(0);
});

it('counts keys and values of 2,048 tokens, going in and coming out', () => {
  // 128 KiB a token in 16 bits.
  expect(needsOf('as-stored', 512 * MIB).cache).toBe(2 * 2048 * 256 * 1024);
});

const NEEDS: DeviceNeeds = {
  weights: 6 * GIB,
  expanded: GIB,
  cache: GIB,
  batch: { wanted: 512 * MIB, least: 64 * MIB },
};
const FIXED = 8 * GIB + DEVICE_RESERVE;

it('gives a batch what it wants where there is enough', () => {
  expect(planDeviceMemory(NEEDS, FIXED + 512 * MIB)).toEqual({
    weights: 6 * GIB,
    expanded: GIB,
    cache: GIB,
    batch: 512 * MIB,
    reserve: DEVICE_RESERVE,
    total: FIXED + 512 * MIB,
    free: FIXED + 512 * MIB,
    fits: true,
  });
  expect(planDeviceMemory(NEEDS, 100 * GIB)).toMatchObject({ batch: 512 * MIB, fits: true });
});

it('gives a batch what is left, down to one sequence', () => {
  expect(planDeviceMemory(NEEDS, FIXED + 100 * MIB)).toMatchObject({ batch: 100 * MIB, fits: true });
  expect(planDeviceMemory(NEEDS, FIXED + 64 * MIB)).toMatchObject({ batch: 64 * MIB, fits: true });
});

it('fits no model whose single sequence has no memory, and says what it would take', () => {
  expect(planDeviceMemory(NEEDS, FIXED + 64 * MIB - 1)).toMatchObject({ fits: false, total: FIXED + 64 * MIB });
  expect(describePlan(planDeviceMemory(NEEDS, GIB))).toBe(
    'weights 6.0, matrices in float32 1.0, keys and values 1.0, a batch 0.06, CUDA itself 0.5',
  );
});

it('plans an 8B model in 16 bits on a card of 24 GB, which float32 would not fit into', () => {
  const free = 22.5 * GIB;
  expect(planDeviceMemory(needsOf('as-stored', 512 * MIB), free)).toMatchObject({ batch: 512 * MIB, fits: true });
  expect(planDeviceMemory(needsOf('float32', 512 * MIB), free).fits).toBe(false);
});
