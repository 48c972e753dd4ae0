import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { readTensors } from '../read-tensors.ts';
import { messageOf } from '../refusal.ts';
import { float32, writeSafetensors } from '../write-safetensors.ts';

/** Names of two factors, as they are in public files. */
const FORMATS: ReadonlyArray<readonly [string, readonly [string, string], RegExp]> = [
  [
    'MLX',
    ['model.layers.0.self_attn.q_proj.lora_a', 'model.layers.0.self_attn.q_proj.lora_b'],
    /contains an adapter of MLX, which needs its adapter_config\.json — give its directory/,
  ],
  [
    'PEFT',
    [
      'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
      'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight',
    ],
    /contains an adapter, which needs its adapter_config\.json — give its directory/,
  ],
  [
    'IA3 of PEFT',
    ['base_model.model.model.layers.0.mlp.down_proj.ia3_l', 'base_model.model.x.ia3_l'],
    /contains an adapter/,
  ],
  ['a prompt of PEFT', ['prompt_embeddings', 'prompt_embeddings.2'], /contains an adapter/],
  [
    'diffusers, old',
    [
      'unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_k_lora.down.weight',
      'unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_k_lora.up.weight',
    ],
    /a LoRA of diffusers/,
  ],
  [
    'diffusers',
    [
      'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.lora.down.weight',
      'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.lora.up.weight',
    ],
    /a LoRA of diffusers/,
  ],
  [
    'diffusers, a text encoder',
    [
      'text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight',
      'text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.up.weight',
    ],
    /a LoRA of diffusers/,
  ],
  [
    'diffusers, with names of PEFT',
    [
      'transformer.single_transformer_blocks.0.attn.to_k.lora_A.weight',
      'transformer.single_transformer_blocks.0.attn.to_k.lora_B.weight',
    ],
    /a LoRA of diffusers/,
  ],
  [
    'kohya',
    [
      'lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight',
      'lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight',
    ],
    /kohya-ss/,
  ],
  [
    'kohya, a text encoder',
    [
      'lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight',
      'lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight',
    ],
    /kohya-ss/,
  ],
  ['torchtune', ['layers.0.attn.q_proj.lora_a.weight', 'layers.0.attn.q_proj.lora_b.weight'], /a LoRA as torchtune/],
  [
    'NeMo',
    [
      'decoder.layers.0.self_attention.linear_qkv.adapter.linear_in.weight',
      'decoder.layers.0.self_attention.linear_qkv.adapter.linear_out.weight',
    ],
    /a LoRA of NeMo/,
  ],
  ['LoHa', ['lora_unet_x.hada_w1_a', 'lora_unet_x.hada_w1_b'], /LyCORIS/],
  ['LoKr', ['lycoris_transformer_x.lokr_w1', 'lycoris_transformer_x.lokr_w2_a'], /LyCORIS/],
];

describe('factors of an adapter are never measured as weights', () => {
  it.each(FORMATS)('in a file: %s', async (_, names, pattern) => {
    const file = join(temporaryFolder(), 'weights.safetensors');
    writeSafetensors(file, Object.fromEntries(names.map((name) => [name, float32([2, 2], [1, 2, 3, 4])])));
    expect(await messageOf(file)).toMatch(pattern);
  });

  it.each(FORMATS)('among full weights: %s', async (_, [name]) => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(fixture('llama-f32'), folder, { recursive: true });
    const tensors = [...readTensors(join(folder, 'model.safetensors'))].filter(([, { values }]) => values.length > 0);
    writeSafetensors(
      join(folder, 'model.safetensors'),
      Object.fromEntries([
        ...tensors.map(([key, { shape, values }]) => [key, float32(shape, [...values])] as const),
        [name, float32([2, 2], [1, 2, 3, 4])],
      ]),
    );
    expect(await messageOf(folder)).toMatch(
      new RegExp(`tensor "${name.replaceAll('.', String.raw`\.`)}" is a factor of an adapter`),
    );
  });

  it.each(FORMATS.filter(([, , { source }]) => !source.includes('contains')))(
    'alone in a folder: %s',
    async (_, names, pattern) => {
      const folder = temporaryFolder();
      writeSafetensors(
        join(folder, 'my_lora.safetensors'),
        Object.fromEntries(names.map((name) => [name, float32([2, 2], [1, 2, 3, 4])])),
      );
      expect(await messageOf(folder)).toMatch(pattern);
    },
  );

  it('of PEFT without the config, which has the scale', async () => {
    const folder = temporaryFolder();
    writeSafetensors(join(folder, 'adapter_model.safetensors'), { x: float32([1], [1]) });
    expect(await messageOf(folder)).toMatch(
      /no adapter_config\.json, so that the scale .* add the file: PEFT writes both/,
    );
  });

  it('in a folder of diffusers', async () => {
    const folder = temporaryFolder();
    const [, names] = FORMATS.find(([format]) => format === 'diffusers') ?? expect.fail();
    writeSafetensors(
      join(folder, 'pytorch_lora_weights.safetensors'),
      Object.fromEntries(names.map((name) => [name, float32([2, 2], [1, 2, 3, 4])])),
    );
    expect(await messageOf(folder)).toMatch(/pytorch_lora_weights\.safetensors is a LoRA of diffusers/);
  });

  it.each(['adapter_model.safetensors', 'adapters.safetensors'])('whatever their names, in %s', async (name) => {
    const file = join(temporaryFolder(), name);
    writeSafetensors(file, { 'model.layers.0.self_attn.q_proj.weight': float32([2, 2], [1, 2, 3, 4]) });
    expect(await messageOf(file)).toMatch(/contains an adapter.*give its directory/);
  });
});

it.each([
  'model.layers.0.self_attn.q_a_proj.weight',
  'model.layers.0.attn.w_lora.lora.0.weight',
  'blocks.0.att.w_lora_x',
  'transformer.h.0.attn.c_attn.weight',
  'text_encoder.layers.0.attn.weight',
  'model.layers.0.mamba.A_log',
])('a weight of a model is not taken for a factor: %s', async (name) => {
  const file = join(temporaryFolder(), 'model.safetensors');
  writeSafetensors(file, { [name]: float32([2, 2], [1, 2, 3, 4]) });

  await expect(openCheckpoint(file)).resolves.toMatchObject({ format: 'safetensors' });
});
