import { words } from '@shadow-gate/platform';
import type { ModuleType } from './module-type.ts';

function typesOf(...rows: ReadonlyArray<readonly [type: ModuleType, names: string]>): ReadonlyMap<string, ModuleType> {
  return new Map(rows.flatMap(([type, names]) => words(names).map((name) => [name, type] as const)));
}

/** Last parts of names that have one meaning in all models. */
export const BY_LEAF = typesOf(
  ['q_proj', 'q_proj wq Wq w_q'],
  ['k_proj', 'k_proj wk Wk w_k'],
  ['v_proj', 'v_proj wv Wv w_v'],
  ['o_proj', 'o_proj'],
  ['gate_proj', 'gate_proj'],
  ['up_proj', 'up_proj c_fc fc1 fc_in linear_fc1 dense_h_to_4h'],
  ['down_proj', 'down_proj fc2 fc_out linear_fc2 dense_4h_to_h output_linear'],
  // TransformerLens; with an underscore if several query heads share a key and a value.
  ['q_proj', 'W_Q'],
  ['k_proj', 'W_K _W_K'],
  ['v_proj', 'W_V _W_V'],
  ['o_proj', 'W_O'],
  ['embed', 'W_E W_pos'],
  ['lm_head', 'W_U'],
  // DistilBERT, DeBERTa and diffusers.
  ['q_proj', 'q_lin query_proj to_q'],
  ['k_proj', 'k_lin key_proj to_k'],
  ['v_proj', 'v_lin value_proj to_v'],
  // Multi-head latent attention (DeepSeek).
  ['q_proj', 'q_a_proj q_b_proj'],
  ['kv_proj', 'kv_a_proj_with_mqa kv_b_proj'],
  ['expert_gate', 'shared_expert_gate'],
  ['expert_latent_proj', 'fc1_latent_proj fc2_latent_proj'],
  ['mtp_proj', 'eh_proj'],
  // Gemma 3n and Gemma 4.
  ['per_layer_proj', 'per_layer_input_gate per_layer_projection per_layer_model_projection'],
  // DeepSeek V4.
  ['residual_mix', 'hc_fn hc_attn_fn hc_ffn_fn'],
  // Qwen 4.
  ['residual_mix', 'input_mix_weight_down input_mix_weight_up block_inject_weight'],
  // Kimi Linear, OLMo Hybrid; Gemma's audio tower.
  ['recurrent_conv', 'q_conv1d k_conv1d v_conv1d depthwise_conv1d'],
  ['up_proj', 'ffw_layer_1'],
  ['down_proj', 'ffw_layer_2'],
  // Towers of sound: Gemma, Qwen-Omni.
  ['patch_embed', 'input_proj_linear patch_dense conv_out'],
  ['embed', 'audio_bos_eos_token'],
  // Ovis.
  ['projector', 'head_linear'],
  ['embed', 'visual_embeddings_table'],
  // OPT-350m.
  ['embed_proj', 'project_in project_out'],
  ['embed', 'wte embed_tokens embed_tokens_per_layer embed_in tok_embeddings word_embeddings token_type_embeddings'],
  ['embed', 'token_embedding token_embeddings token_embedding_table embedding_weight ngram_embedding'],
  ['embed', 'wpe embed_positions position_embedding position_embeddings position_embedding_table'],
  // Mamba and Nemotron-H.
  ['embed', 'embeddings'],
  ['lm_head', 'lm_head output_layer embed_out vocab_projector'],
  // llama.cpp, if the architecture is not known.
  ['q_proj', 'attn_q attn_q_a attn_q_b'],
  ['k_proj', 'attn_k'],
  ['v_proj', 'attn_v'],
  ['o_proj', 'attn_output'],
  ['kv_proj', 'attn_kv_a_mqa attn_kv_b'],
  ['gate_proj', 'ffn_gate ffn_gate_exps ffn_gate_shexp'],
  ['up_proj', 'ffn_up ffn_up_exps ffn_up_shexp'],
  ['down_proj', 'ffn_down ffn_down_exps ffn_down_shexp'],
  ['router', 'ffn_gate_inp'],
  ['recurrent_in', 'ssm_in'],
  ['recurrent_out', 'ssm_out'],
  ['recurrent_conv', 'ssm_conv1d'],
  ['embed', 'token_embd position_embd'],
);

/** Last parts of the names of n-gram embeddings, which are added to the hidden state (Qwen 4). */
export const IN_NGRAMS = typesOf(['per_layer_proj', 'key_proj value_proj'], ['recurrent_conv', 'conv1d']);

/** Last parts of names that have this meaning only inside attention. */
export const IN_ATTENTION = typesOf(
  ['q_proj', 'query'],
  ['k_proj', 'key'],
  ['v_proj', 'value'],
  ['o_proj', 'out_proj out_lin output wo Wo w_o c_proj dense proj'],
  // T5.
  ['q_proj', 'q'],
  ['k_proj', 'k'],
  ['v_proj', 'v'],
  ['o_proj', 'o'],
  // InternVL's vision tower.
  ['o_proj', 'projection_layer'],
  // RWKV.
  ['q_proj', 'receptance'],
  // Gemma's audio towers: keys of relative positions.
  ['o_proj', 'post'],
  ['k_proj', 'relative_k_proj pos_proj'],
  // DeepSeek V4; its compressors weight the tokens of a window by a gate.
  ['q_proj', 'wq_a wq_b'],
  ['kv_proj', 'kv_proj wkv'],
  ['o_proj', 'o_a_proj o_b_proj wo_a wo_b'],
  ['attention_gate', 'wgate'],
  // Gates of the output: MiniMax, Step, and Kimi's two of low rank.
  ['attention_gate', 'output_gate g_proj g_a_proj g_b_proj'],
  // Decay and write strength of Kimi's delta attention.
  ['recurrent_gate', 'b_proj f_proj f_a_proj f_b_proj'],
);

export const IN_MLP = typesOf(
  ['router', 'gate router wg'],
  ['down_proj', 'c_proj'],
  // Mixtral, InternLM2 and the first Llama; v1 is DBRX's.
  ['gate_proj', 'w1'],
  ['down_proj', 'w2'],
  ['up_proj', 'w3 v1'],
  // T5.
  ['gate_proj', 'wi_0'],
  ['up_proj', 'wi wi_1'],
  ['down_proj', 'wo'],
  ['gate_proj', 'W_gate'],
  ['up_proj', 'Wi lin1 W_in'],
  ['down_proj', 'Wo lin2 W_out'],
  // xLSTM.
  ['gate_proj', 'proj_up_gate'],
  ['up_proj', 'proj_up'],
  ['down_proj', 'proj_down'],
  // RWKV.
  ['gate_proj', 'receptance'],
  ['up_proj', 'key'],
  ['down_proj', 'value'],
);

/** Modules of recurrent layers, and the names of their matrices; fused ones are split. */
export const RECURRENT_PARTS = new Set(words('linear_attn mamba mixer conv lconv1d temporal_block mlstm_layer'));
export const IN_RECURRENT = typesOf(
  ['recurrent_in', 'in_proj in_proj_qkv in_proj_qkvz in_proj_z'],
  ['recurrent_gate', 'in_proj_a in_proj_b in_proj_ba'],
  ['recurrent_conv', 'conv1d conv'],
  ['recurrent_out', 'out_proj'],
  // Mamba-1.
  ['recurrent_gate', 'x_proj dt_proj'],
  // Gemma's audio tower.
  ['recurrent_in', 'linear_start'],
  ['recurrent_out', 'linear_end'],
  // RecurrentGemma.
  ['recurrent_in', 'linear_x linear_y'],
  ['recurrent_out', 'linear_out'],
  ['recurrent_conv', 'conv_1d'],
  // xLSTM.
  ['recurrent_in', 'q k v ogate_preact'],
  ['recurrent_gate', 'igate_preact fgate_preact'],
  // Nemotron-H calls every module of a layer its mixer.
  ['router', 'gate'],
);

/** Names that attention has as well (OLMo Hybrid). */
export const IN_LINEAR_ATTENTION = typesOf(
  ['recurrent_in', 'q_proj k_proj v_proj g_proj'],
  ['recurrent_out', 'o_proj'],
  ['recurrent_gate', 'a_proj b_proj'],
);

export const ATTENTION_PARTS = new Set(
  words(
    'attn attention self_attn self_attention norm_attn_norm cross_attn encoder_attn attn1 attn2',
    'SelfAttention EncDecAttention',
  ),
);
export const MLP_PARTS = new Set(
  words('mlp ffn feed_forward block_sparse_moe moe experts shared_expert DenseReluDense'),
);
export const LAYER_LISTS = new Set(words('layers layer h blocks block resblocks transformer_blocks blk'));
export const VISION_PARTS = new Set(
  words('vision_tower vision_model visual vision_encoder image_encoder vpm vision_embedder'),
);
export const PROJECTOR_PARTS = new Set(
  words(
    'multi_modal_projector mm_projector connector merger merger_list deepstack_merger_list patch_merger embed_vision',
    'visual_embeddings_table vit_large_projector vision_language_adapter mlp1 resampler aligner',
  ),
);
export const AUDIO_PARTS = new Set(['audio_tower', 'audio_model', 'embed_audio']);

/** Layers for multi-token prediction in Qwen, MiMo and ERNIE; other models number them after the last layer. */
export const MTP_PART = /^mtp(_|$)/;

/** The end of a name: positions of patches, tiles and frames, one row for each. */
export const POSITIONS = /(^|[._])(pos(ition(al)?)?_embed(ding)?s?(_vlm)?|tile_embedding)(\.embedding)?$/;
/** The end of a name: the projection of patches. */
export const PATCHES = /(^|\.)patch_(embed|embedding|embeddings|embedder|conv)(\.(proj|projection|input_proj))?$/;
