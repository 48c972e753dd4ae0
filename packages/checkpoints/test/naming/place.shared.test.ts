import { tensorPlace } from '@shadow-gate/checkpoints/naming';
import { describe, expect, it } from 'vitest';

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
  ['model.layers.5.block_sparse_moe.gate.weight', 'router', 5],
  ['model.layers.5.mlp.gate.weight', 'router', 5],
  ['model.layers.5.mlp.router.weight', 'router', 5],
  ['model.layers.5.block_sparse_moe.router.layer.weight', 'router', 5],
  ['model.layers.5.feed_forward.router.weight', 'router', 5],
  ['model.layers.5.mlp.shared_expert_gate.weight', 'expert_gate', 5],
  ['model.layers.5.mlp.shared_experts.gate_proj.weight', 'gate_proj', 5],
  ['model.layers.5.self_attn.q_a_proj.weight', 'q_proj', 5],
  ['model.layers.5.self_attn.kv_a_proj_with_mqa.weight', 'kv_proj', 5],
  ['model.layers.5.self_attn.kv_b_proj.weight', 'kv_proj', 5],
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
  ['model.layers.3.mamba.out_proj.weight', 'recurrent_out', 3],
  ['bert.encoder.layer.0.attention.self.query.weight', 'q_proj', 0],
  ['bert.encoder.layer.0.attention.output.dense.weight', 'o_proj', 0],
  ['bert.encoder.layer.0.intermediate.dense.weight', 'up_proj', 0],
  ['bert.encoder.layer.0.output.dense.weight', 'down_proj', 0],
  ['model.layers.1.self_attn.constructor.weight', 'other', 1],
  // state_dict() of transformers' DistilBertForMaskedLM, BertForMaskedLM, DebertaV2Model and ModernBertForMaskedLM.
  ['distilbert.embeddings.word_embeddings.weight', 'embed', null],
  ['distilbert.embeddings.position_embeddings.weight', 'embed', null],
  ['distilbert.transformer.layer.0.attention.q_lin.weight', 'q_proj', 0],
  ['distilbert.transformer.layer.0.attention.k_lin.weight', 'k_proj', 0],
  ['distilbert.transformer.layer.0.attention.v_lin.weight', 'v_proj', 0],
  ['distilbert.transformer.layer.0.attention.out_lin.weight', 'o_proj', 0],
  ['distilbert.transformer.layer.0.ffn.lin1.weight', 'up_proj', 0],
  ['distilbert.transformer.layer.0.ffn.lin2.weight', 'down_proj', 0],
  ['vocab_transform.weight', 'other', null],
  ['vocab_projector.weight', 'lm_head', null],
  ['bert.embeddings.token_type_embeddings.weight', 'embed', null],
  ['bert.encoder.layer.0.attention.self.key.weight', 'k_proj', 0],
  ['bert.encoder.layer.0.attention.self.value.weight', 'v_proj', 0],
  ['cls.predictions.transform.dense.weight', 'other', null],
  ['cls.predictions.decoder.weight', 'lm_head', null],
  ['encoder.layer.3.attention.self.query_proj.weight', 'q_proj', 3],
  ['model.layers.0.attn.Wo.weight', 'o_proj', 0],
  ['model.layers.0.mlp.Wi.weight', 'up_proj', 0],
  ['model.layers.0.mlp.Wo.weight', 'down_proj', 0],
  ['decoder.weight', 'lm_head', null],
  // BERT without `dense`.
  ['encoder.layer.2.attention.output.weight', 'o_proj', 2],
  ['encoder.layer.2.intermediate.weight', 'up_proj', 2],
  ['encoder.layer.2.output.weight', 'down_proj', 2],
  // nanoGPT, as torch.compile and data parallelism save it.
  ['_orig_mod.transformer.h.4.attn.c_proj.weight', 'o_proj', 4],
  ['_orig_mod.transformer.h.4.mlp.c_proj.weight', 'down_proj', 4],
  ['module.transformer.wpe.weight', 'embed', null],
  ['_orig_mod.lm_head.weight', 'lm_head', null],
  // HookedTransformer.state_dict() of TransformerLens.
  ['embed.W_E', 'embed', null],
  ['pos_embed.W_pos', 'embed', null],
  ['blocks.1.attn.W_Q', 'q_proj', 1],
  ['blocks.1.attn._W_K', 'k_proj', 1],
  ['blocks.1.attn.W_V', 'v_proj', 1],
  ['blocks.1.attn.W_O', 'o_proj', 1],
  ['blocks.1.mlp.W_in', 'up_proj', 1],
  ['blocks.1.mlp.W_gate', 'gate_proj', 1],
  ['blocks.1.mlp.W_out', 'down_proj', 1],
  ['unembed.W_U', 'lm_head', null],
  // diffusers and the like.
  ['transformer_blocks.0.ff.net.0.weight', 'up_proj', 0],
  ['transformer_blocks.0.ff.net.0.proj.weight', 'up_proj', 0],
  ['transformer_blocks.0.ff.net.2.weight', 'down_proj', 0],
  ['transformer_blocks.0.attn1.to_q.weight', 'q_proj', 0],
  ['transformer_blocks.0.attn1.to_out.0.weight', 'o_proj', 0],
  ['layers.0.attention.Wq.weight', 'q_proj', 0],
  ['layers.0.attention.Wo.weight', 'o_proj', 0],
  ['embedding_weight', 'embed', null],
  ['text_model.embeddings.token_embedding.weight', 'embed', null],
];

const VISION_LANGUAGE: ReadonlyArray<[string, string, string | null]> = [
  ['language_model.model.layers.1.mlp.up_proj.weight', 'up_proj', 'language'],
  ['model.language_model.layers.1.mlp.up_proj.weight', 'up_proj', 'language'],
  ['lm_head.weight', 'lm_head', 'language'],
  ['vision_tower.vision_model.encoder.layers.1.self_attn.out_proj.weight', 'o_proj', 'vision'],
  ['visual.blocks.3.attn.proj.weight', 'o_proj', 'vision'],
  ['model.visual.blocks.3.mlp.linear_fc1.weight', 'up_proj', 'vision'],
  ['visual.merger.mlp.0.weight', 'projector', 'projector'],
  ['model.connector.modality_projection.proj.weight', 'projector', 'projector'],
  ['multi_modal_projector.linear_1.weight', 'projector', 'projector'],
  ['audio_tower.layers.0.fc1.weight', 'up_proj', null],
  ['language_model.output.weight', 'lm_head', 'language'],
  ['vpm.encoder.layers.0.self_attn.q_proj.weight', 'q_proj', 'vision'],
  ['resampler.attn.in_proj_weight', 'projector', 'projector'],
];

describe('placeOf', () => {
  it.each(LANGUAGE)('finds the module and the layer of %s: %s, %s', (name, module, layer) => {
    expect(tensorPlace(name, { multimodal: false })).toMatchObject({ module, layer, component: null });
  });

  it.each(VISION_LANGUAGE)('finds the module and the component of %s: %s, %s', (name, module, component) => {
    expect(tensorPlace(name, { multimodal: true })).toMatchObject({ module, component });
  });

  it('does not mistake the number of a merger for a layer, and finds the number of an expert', () => {
    expect(tensorPlace('visual.merger.mlp.0.weight', { multimodal: true }).layer).toBeNull();
    const expert = tensorPlace('model.layers.5.mlp.experts.6.up_proj.weight', { multimodal: false });
    expect(expert.expert).toBe(6);
  });
});
