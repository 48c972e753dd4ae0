import { describe, expect, it } from 'vitest';
import { placeOf } from '../../src/checkpoint/module-type.ts';

/** Names from the families' checkpoints on the Hugging Face Hub. */
const LANGUAGE: ReadonlyArray<[string, string, number | null]> = [
  ['model.embed_tokens.weight', 'embed', null],
  ['lm_head.weight', 'lm_head', null],
  ['model.layers.11.self_attn.q_proj.weight', 'q_proj', 11],
  ['model.layers.0.mlp.down_proj.weight', 'down_proj', 0],
  ['transformer.h.3.attn.c_proj.weight', 'o_proj', 3],
  ['transformer.h.3.mlp.c_proj.weight', 'down_proj', 3],
  ['transformer.h.3.mlp.c_fc.weight', 'up_proj', 3],
  ['h.3.attn.c_proj.weight', 'o_proj', 3],
  ['transformer.wte.weight', 'embed', null],
  ['gpt_neox.embed_in.weight', 'embed', null],
  ['embed_out.weight', 'lm_head', null],
  ['gpt_neox.layers.7.attention.dense.weight', 'o_proj', 7],
  ['gpt_neox.layers.7.mlp.dense_h_to_4h.weight', 'up_proj', 7],
  ['transformer.h.7.self_attention.dense.weight', 'o_proj', 7],
  ['transformer.word_embeddings.weight', 'embed', null],
  ['model.layers.5.block_sparse_moe.experts.6.w2.weight', 'down_proj', 5],
  ['model.layers.5.block_sparse_moe.gate.weight', 'other', 5],
  ['model.layers.5.mlp.gate.weight', 'other', 5],
  ['model.layers.5.mlp.experts.6.gate_proj.weight', 'gate_proj', 5],
  ['model.layers.5.mlp.shared_expert.up_proj.weight', 'up_proj', 5],
  ['model.layers.2.self_attn.dense.weight', 'o_proj', 2],
  ['model.layers.2.mlp.fc1.weight', 'up_proj', 2],
  ['model.decoder.layers.2.self_attn.out_proj.weight', 'o_proj', 2],
  ['model.decoder.layers.2.fc2.weight', 'down_proj', 2],
  ['transformer.h.1.attn.attention.out_proj.weight', 'o_proj', 1],
  ['transformer.h.1.mlp.fc_in.weight', 'up_proj', 1],
  ['layers.4.attention.wo.weight', 'o_proj', 4],
  ['layers.4.feed_forward.w1.weight', 'gate_proj', 4],
  ['output.weight', 'lm_head', null],
  ['transformer.output_layer.weight', 'lm_head', null],
  ['encoder.block.2.layer.0.SelfAttention.o.weight', 'o_proj', 2],
  ['encoder.block.2.layer.1.DenseReluDense.wo.weight', 'down_proj', 2],
  ['encoder.block.2.layer.1.DenseReluDense.wi_0.weight', 'gate_proj', 2],
  ['model.layers.3.mamba.out_proj.weight', 'other', 3],
  ['bert.encoder.layer.0.attention.self.query.weight', 'q_proj', 0],
  ['bert.encoder.layer.0.attention.output.dense.weight', 'o_proj', 0],
  ['bert.encoder.layer.0.intermediate.dense.weight', 'up_proj', 0],
  ['bert.encoder.layer.0.output.dense.weight', 'down_proj', 0],
  ['model.layers.1.self_attn.constructor.weight', 'other', 1],
];

const VISION_LANGUAGE: ReadonlyArray<[string, string, string | null]> = [
  ['language_model.model.layers.1.mlp.up_proj.weight', 'up_proj', 'language'],
  ['model.language_model.layers.1.mlp.up_proj.weight', 'up_proj', 'language'],
  ['lm_head.weight', 'lm_head', 'language'],
  ['vision_tower.vision_model.encoder.layers.1.self_attn.out_proj.weight', 'o_proj', 'vision'],
  ['visual.blocks.3.attn.proj.weight', 'o_proj', 'vision'],
  ['model.visual.blocks.3.mlp.linear_fc1.weight', 'up_proj', 'vision'],
  ['visual.merger.mlp.0.weight', 'other', 'projector'],
  ['model.connector.modality_projection.proj.weight', 'other', 'projector'],
  ['multi_modal_projector.linear_1.weight', 'other', 'projector'],
  ['audio_tower.layers.0.fc1.weight', 'up_proj', null],
  ['language_model.output.weight', 'lm_head', 'language'],
  ['vpm.encoder.layers.0.self_attn.q_proj.weight', 'q_proj', 'vision'],
  ['resampler.attn.in_proj_weight', 'other', 'projector'],
];

describe('placeOf', () => {
  it.each(LANGUAGE)('finds the module and the layer of %s: %s, %s', (name, module, layer) => {
    expect(placeOf(name, { multimodal: false })).toMatchObject({ module, layer, component: null });
  });

  it.each(VISION_LANGUAGE)('finds the module and the component of %s: %s, %s', (name, module, component) => {
    expect(placeOf(name, { multimodal: true })).toMatchObject({ module, component });
  });

  it('does not mistake the number of a merger for a layer, and finds the number of an expert', () => {
    expect(placeOf('visual.merger.mlp.0.weight', { multimodal: true }).layer).toBeNull();
    const expert = placeOf('model.layers.5.mlp.experts.6.up_proj.weight', { multimodal: false });
    expect(expert.expert).toBe(6);
  });
});
