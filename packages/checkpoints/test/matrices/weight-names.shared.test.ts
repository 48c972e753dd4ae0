import type { Matrix } from '@shadow-gate/checkpoints/matrices';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { describe, expect, it } from 'vitest';
import { contextOf, FAMILIES, namesOnly } from '../weight-names.ts';

/** Matrices that no other family has, or that have no common name: measured, under no type of their own. */
const OTHER: Readonly<Record<string, readonly RegExp[]>> = {
  t5: [/relative_attention_bias/],
  bert: [/cls\.predictions\.transform\.dense/],
  roberta: [/lm_head\.dense/],
  modernbert: [/^head\.dense/],
  zamba2: [/gate_up_proj_adapter_list/, /^model\.layers\.1\.linear/],
  recurrent_gemma: [/rg_lru\.(input|recurrent)_gate_weight/],
};

const list = (family: string) => listMatrices(contextOf(family));

/** `component module [rows, columns]` of the matrices of a tensor. */
function typesOf(matrices: readonly Matrix[], tensor: string): string[] {
  return matrices
    .filter(({ source }) => source.name === tensor)
    .map(({ place, view }) => `${place.component ?? 'none'} ${place.module} [${view.shape.join(', ')}]`);
}

describe('the weights that transformers saves', () => {
  it.each(FAMILIES)('of %s are measured whole, each under its module type', (family) => {
    const { matrices, skipped } = list(family);
    const untyped = matrices.filter(({ place }) => place.module === 'other').map(({ name }) => name);
    expect(untyped.filter((name) => !OTHER[family]?.some((pattern) => pattern.test(name)))).toEqual([]);
    expect(OTHER[family] === undefined).toBe(untyped.length === 0);
    expect(matrices.filter(({ note }) => note !== undefined).map(({ name }) => name)).toEqual([]);
    expect(skipped.filter(({ parameters }) => parameters !== 0)).toEqual([]);
    const measured = new Map<string, number>();
    for (const { source, view } of matrices)
      measured.set(source.name, (measured.get(source.name) ?? 0) + view.shape[0] * view.shape[1]);
    for (const { source } of matrices) expect(measured.get(source.name), source.name).toBe(source.size);
  });

  // Sizes: make_weight_names.py. A tower has 16 features, its MLP 24, patches of 4 × 4 of three colors 48.
  it.each<[string, string, readonly string[]]>([
    ['qwen2_5_vl', 'visual.patch_embed.proj.weight', ['vision patch_embed [16, 24]']],
    ['qwen2_5_vl', 'visual.merger.mlp.0.weight', ['projector projector [64, 64]']],
    ['qwen3_vl', 'model.visual.pos_embed.weight', ['vision embed [16, 16]']],
    [
      'qwen3_vl',
      'model.visual.blocks.0.attn.qkv.weight',
      ['q', 'k', 'v'].map((part) => `vision ${part}_proj [16, 16]`),
    ],
    // Four heads of four features share two keys and values.
    [
      'exaone4_5',
      'model.visual.blocks.0.attn.qkv.weight',
      ['q_proj [16', 'k_proj [8', 'v_proj [8'].map((part) => `vision ${part}, 16]`),
    ],
    ['internvl', 'vision_tower.embeddings.patch_embeddings.projection.weight', ['vision patch_embed [16, 48]']],
    ['llava', 'vision_tower.embeddings.patch_embedding.weight', ['vision patch_embed [16, 48]']],
    ['llava', 'multi_modal_projector.linear_2.weight', ['projector projector [16, 16]']],
    ['smolvlm', 'model.connector.modality_projection.proj.weight', ['projector projector [16, 64]']],
    ['mistral3', 'vision_tower.patch_conv.weight', ['vision patch_embed [16, 48]']],
    ['mistral3', 'multi_modal_projector.patch_merger.merging_layer.weight', ['projector projector [16, 64]']],
    ['llama4', 'vision_model.patch_embedding.linear.weight', ['vision patch_embed [16, 48]']],
    ['llama4', 'vision_model.positional_embedding_vlm', ['vision embed [5, 16]']],
    ['gemma3', 'multi_modal_projector.mm_input_projection_weight', ['projector projector [16, 16]']],
    ['gemma4', 'model.vision_tower.encoder.layers.0.self_attn.q_proj.linear.weight', ['vision q_proj [16, 16]']],
    ['gemma4', 'model.vision_tower.patch_embedder.input_proj.weight', ['vision patch_embed [16, 48]']],
    // Two tables of 16 positions, one for each axis.
    ['gemma4', 'model.vision_tower.patch_embedder.position_embedding_table', ['vision embed [32, 16]']],
    ['gemma4', 'model.embed_vision.embedding_projection.weight', ['projector projector [16, 16]']],
    ['gemma4', 'model.audio_tower.layers.0.self_attn.post.linear.weight', ['none o_proj [16, 16]']],
    ['gemma4', 'model.audio_tower.layers.0.feed_forward1.ffw_layer_1.linear.weight', ['none up_proj [64, 16]']],
    ['gemma4', 'model.audio_tower.layers.0.lconv1d.linear_start.linear.weight', ['none recurrent_in [32, 16]']],
    ['gemma4', 'model.audio_tower.subsample_conv_projection.layer1.conv.weight', ['none conv [4, 36]']],
    ['gemma4', 'model.language_model.layers.0.per_layer_input_gate.weight', ['language per_layer_proj [4, 16]']],
    ['gemma4', 'model.language_model.layers.0.router.proj.weight', ['language router [4, 16]']],
    ['gemma3n', 'model.language_model.layers.0.laurel.linear_left.weight', ['language residual_mix [2, 16]']],
    ['gemma3n', 'model.language_model.altup_projections.0.weight', ['language residual_mix [16, 16]']],
    ['gemma3n', 'model.vision_tower.timm_model.blocks.2.9.attn.query.proj.weight', ['vision q_proj [768, 640]']],
    ['gemma3n', 'model.vision_tower.timm_model.blocks.2.9.attn.output.proj.weight', ['vision o_proj [640, 768]']],
    ['gemma3n', 'model.vision_tower.timm_model.conv_stem.conv.weight', ['vision conv [64, 27]']],
    ['whisper', 'model.encoder.conv1.weight', ['none conv [16, 24]']],
    ['whisper', 'model.decoder.layers.0.encoder_attn.out_proj.weight', ['none o_proj [16, 16]']],
    ['mamba', 'backbone.layers.0.mixer.x_proj.weight', [3, 5, 5].map((rows) => `none recurrent_gate [${rows}, 32]`)],
    ['mamba', 'backbone.layers.0.mixer.dt_proj.weight', ['none recurrent_gate [32, 3]']],
    ['kimi_linear', 'model.layers.0.self_attn.f_a_proj.weight', ['none recurrent_gate [128, 16]']],
    ['kimi_linear', 'model.layers.0.self_attn.q_conv1d.weight', ['none recurrent_conv [512, 4]']],
    ['olmo_hybrid', 'model.layers.0.linear_attn.q_proj.weight', ['none recurrent_in [12, 16]']],
    ['deepseek_v32', 'model.layers.0.self_attn.indexer.wk.weight', ['none indexer [128, 16]']],
    ['rwkv', 'rwkv.blocks.0.feed_forward.key.weight', ['none up_proj [24, 16]']],
    ['t5', 'shared.weight', ['none embed [64, 16]']],
  ])('of %s: %s', (family, tensor, types) => {
    expect(typesOf(list(family).matrices, tensor)).toEqual(types);
  });

  it('are no matrices where they are one row of numbers, or decays of channels', () => {
    const vectors = (family: string) => list(family).vectors.map(({ name }) => name);
    expect(vectors('internvl')).toContain('vision_tower.embeddings.cls_token');
    expect(vectors('gemma3')).toContain('vision_tower.head.probe');
    expect(vectors('mamba')).toContain('backbone.layers.0.mixer.A_log');
    expect(vectors('rwkv')).toContain('rwkv.blocks.0.attention.time_mix_key');
    expect(vectors('bart')).toContain('final_logits_bias');
  });
});

describe('a scale left over from quantization, next to a weight that is plain numbers', () => {
  const module = 'model.layers.0.mlp.up_proj';
  // Names of compressed-tensors, FP8, NVFP4, MLX, GPTQ and AWQ, bitsandbytes.
  const scales = [
    ...['weight_scale', 'weight_scale_inv', 'weight_scale_2', 'weight_zero_point', 'input_scale'],
    ...['scales', 'biases', 'qzeros', 'absmax', 'nested_absmax', 'quant_map'],
  ].map((leaf) => `${module}.${leaf}`);

  it('is not measured, and named', () => {
    const tensors = Object.fromEntries([`${module}.weight`, ...scales].map((name) => [name, [24, 16]]));
    const { matrices, skipped, vectors } = listMatrices(namesOnly(tensors));
    expect(matrices.map(({ name }) => name)).toEqual([`${module}.weight`]);
    expect(skipped.map(({ name, reason }) => [name, reason])).toEqual(
      scales.map((name) => [name, 'a scale of quantized weights, not a weight']),
    );
    expect(vectors).toEqual([]);
  });

  it('is not a tensor with such a name but no weight next to it', () => {
    const { matrices } = listMatrices(namesOnly({ 'model.altup.scales': [24, 16] }));
    expect(matrices).toHaveLength(1);
  });
});

describe('the layers that predict further tokens', () => {
  const layer = (prefix: string) => ({
    [`${prefix}.self_attn.q_proj.weight`]: [16, 16],
    [`${prefix}.mlp.experts.1.down_proj.weight`]: [16, 12],
  });
  const components = (tensors: Record<string, readonly number[]>, config: Record<string, unknown> = {}) =>
    Object.fromEntries(
      listMatrices(namesOnly(tensors, config)).matrices.map(({ name, place }) => [name, place.component ?? 'none']),
    );

  it('are apart from the others: by the name of Qwen, MiMo and ERNIE', () => {
    const found = components({
      ...layer('model.layers.0'),
      ...layer('mtp.layers.0'),
      'mtp.fc.weight': [16, 32],
      'model.mtp_block.0.self_attn.q_proj.weight': [16, 16],
    });
    const apart = Object.keys(found).filter((name) => found[name] === 'mtp');
    expect(apart.sort()).toEqual(
      Object.keys(found)
        .filter((name) => name.includes('mtp'))
        .sort(),
    );
  });

  it.each([
    ['by the number in the config', {}, { num_hidden_layers: 1, num_nextn_predict_layers: 1 }],
    ['by what joins embedding and hidden state', { 'model.layers.1.eh_proj.weight': [16, 32] }, {}],
  ])('are apart where they follow the last layer: %s', (_, join, config) => {
    const found = components({ ...layer('model.layers.0'), ...layer('model.layers.1'), ...join }, config);
    expect(found).toMatchObject({
      'model.layers.0.self_attn.q_proj.weight': 'none',
      'model.layers.1.self_attn.q_proj.weight': 'mtp',
      'model.layers.1.mlp.experts.1.down_proj.weight': 'mtp',
    });
  });

  it('do not make layers of a tower with more layers their own', () => {
    const found = components(
      { 'visual.blocks.1.attn.proj.weight': [16, 16], 'model.layers.0.self_attn.q_proj.weight': [16, 16] },
      { num_hidden_layers: 1, num_nextn_predict_layers: 3 },
    );
    expect(found).toEqual({
      'visual.blocks.1.attn.proj.weight': 'vision',
      'model.layers.0.self_attn.q_proj.weight': 'language',
    });
  });
});
