import type { ModuleType } from './module-type.ts';

/** Last parts of names that have one meaning in all models. */
export const BY_LEAF: Readonly<Record<string, ModuleType>> = {
  q_proj: 'q_proj',
  k_proj: 'k_proj',
  v_proj: 'v_proj',
  o_proj: 'o_proj',
  gate_proj: 'gate_proj',
  up_proj: 'up_proj',
  down_proj: 'down_proj',
  wq: 'q_proj',
  wk: 'k_proj',
  wv: 'v_proj',
  Wq: 'q_proj',
  Wk: 'k_proj',
  Wv: 'v_proj',
  w_q: 'q_proj',
  w_k: 'k_proj',
  w_v: 'v_proj',
  // TransformerLens; with an underscore where several query heads share a key and a value.
  W_Q: 'q_proj',
  W_K: 'k_proj',
  W_V: 'v_proj',
  W_O: 'o_proj',
  _W_K: 'k_proj',
  _W_V: 'v_proj',
  // DistilBERT.
  q_lin: 'q_proj',
  k_lin: 'k_proj',
  v_lin: 'v_proj',
  // DeBERTa.
  query_proj: 'q_proj',
  key_proj: 'k_proj',
  value_proj: 'v_proj',
  // diffusers.
  to_q: 'q_proj',
  to_k: 'k_proj',
  to_v: 'v_proj',
  // Low-rank queries of multi-head latent attention (DeepSeek).
  q_a_proj: 'q_proj',
  q_b_proj: 'q_proj',
  kv_a_proj_with_mqa: 'kv_proj',
  kv_b_proj: 'kv_proj',
  shared_expert_gate: 'expert_gate',
  fc1_latent_proj: 'expert_latent_proj',
  fc2_latent_proj: 'expert_latent_proj',
  eh_proj: 'mtp_proj',
  // Gemma 3n and Gemma 4.
  per_layer_input_gate: 'per_layer_proj',
  per_layer_projection: 'per_layer_proj',
  per_layer_model_projection: 'per_layer_proj',
  // DeepSeek V4.
  hc_fn: 'residual_mix',
  hc_attn_fn: 'residual_mix',
  hc_ffn_fn: 'residual_mix',
  // Qwen 4.
  input_mix_weight_down: 'residual_mix',
  input_mix_weight_up: 'residual_mix',
  block_inject_weight: 'residual_mix',
  // Kimi Linear, OLMo Hybrid; Gemma's audio tower.
  q_conv1d: 'recurrent_conv',
  k_conv1d: 'recurrent_conv',
  v_conv1d: 'recurrent_conv',
  depthwise_conv1d: 'recurrent_conv',
  ffw_layer_1: 'up_proj',
  ffw_layer_2: 'down_proj',
  // Towers of sound: Gemma, Qwen-Omni.
  input_proj_linear: 'patch_embed',
  patch_dense: 'patch_embed',
  conv_out: 'patch_embed',
  audio_bos_eos_token: 'embed',
  // Ovis.
  head_linear: 'projector',
  visual_embeddings_table: 'embed',
  c_fc: 'up_proj',
  fc1: 'up_proj',
  fc2: 'down_proj',
  fc_in: 'up_proj',
  fc_out: 'down_proj',
  linear_fc1: 'up_proj',
  linear_fc2: 'down_proj',
  dense_h_to_4h: 'up_proj',
  dense_4h_to_h: 'down_proj',
  output_linear: 'down_proj',
  wte: 'embed',
  wpe: 'embed',
  embed_tokens: 'embed',
  embed_tokens_per_layer: 'embed',
  // OPT-350m.
  project_in: 'embed_proj',
  project_out: 'embed_proj',
  ngram_embedding: 'embed',
  // Mamba and Nemotron-H.
  embeddings: 'embed',
  embed_positions: 'embed',
  embed_in: 'embed',
  tok_embeddings: 'embed',
  word_embeddings: 'embed',
  position_embedding: 'embed',
  position_embeddings: 'embed',
  token_type_embeddings: 'embed',
  token_embedding: 'embed',
  token_embeddings: 'embed',
  token_embedding_table: 'embed',
  position_embedding_table: 'embed',
  embedding_weight: 'embed',
  W_E: 'embed',
  W_pos: 'embed',
  lm_head: 'lm_head',
  output_layer: 'lm_head',
  embed_out: 'lm_head',
  W_U: 'lm_head',
  vocab_projector: 'lm_head',
  // llama.cpp, where the architecture is not known.
  attn_q: 'q_proj',
  attn_k: 'k_proj',
  attn_v: 'v_proj',
  attn_output: 'o_proj',
  attn_q_a: 'q_proj',
  attn_q_b: 'q_proj',
  attn_kv_a_mqa: 'kv_proj',
  attn_kv_b: 'kv_proj',
  ffn_gate: 'gate_proj',
  ffn_up: 'up_proj',
  ffn_down: 'down_proj',
  ffn_gate_exps: 'gate_proj',
  ffn_up_exps: 'up_proj',
  ffn_down_exps: 'down_proj',
  ffn_gate_shexp: 'gate_proj',
  ffn_up_shexp: 'up_proj',
  ffn_down_shexp: 'down_proj',
  ffn_gate_inp: 'router',
  ssm_in: 'recurrent_in',
  ssm_out: 'recurrent_out',
  ssm_conv1d: 'recurrent_conv',
  token_embd: 'embed',
  position_embd: 'embed',
};

/** Last parts of names in what n-grams add to the hidden state (Qwen 4). */
export const IN_NGRAMS: Readonly<Record<string, ModuleType>> = {
  key_proj: 'per_layer_proj',
  value_proj: 'per_layer_proj',
  conv1d: 'recurrent_conv',
};

/** Last parts of names that have this meaning only inside attention. */
export const IN_ATTENTION: Readonly<Record<string, ModuleType>> = {
  out_proj: 'o_proj',
  out_lin: 'o_proj',
  output: 'o_proj',
  wo: 'o_proj',
  Wo: 'o_proj',
  w_o: 'o_proj',
  // T5.
  q: 'q_proj',
  k: 'k_proj',
  v: 'v_proj',
  o: 'o_proj',
  c_proj: 'o_proj',
  dense: 'o_proj',
  proj: 'o_proj',
  // InternVL's vision tower.
  projection_layer: 'o_proj',
  query: 'q_proj',
  key: 'k_proj',
  value: 'v_proj',
  // RWKV.
  receptance: 'q_proj',
  // Gemma's audio towers: keys of relative positions.
  post: 'o_proj',
  relative_k_proj: 'k_proj',
  pos_proj: 'k_proj',
  // DeepSeek V4; its compressors weight the tokens of a window by a gate.
  kv_proj: 'kv_proj',
  o_a_proj: 'o_proj',
  o_b_proj: 'o_proj',
  wgate: 'attention_gate',
  wq_a: 'q_proj',
  wq_b: 'q_proj',
  wkv: 'kv_proj',
  wo_a: 'o_proj',
  wo_b: 'o_proj',
  // Gates of the output: MiniMax, Step, and Kimi's two of low rank.
  output_gate: 'attention_gate',
  g_proj: 'attention_gate',
  g_a_proj: 'attention_gate',
  g_b_proj: 'attention_gate',
  // Decay and write strength of Kimi's delta attention.
  b_proj: 'recurrent_gate',
  f_proj: 'recurrent_gate',
  f_a_proj: 'recurrent_gate',
  f_b_proj: 'recurrent_gate',
};

/**
 * Modules of the MLP. w1, w2, w3: gated MLP of Mixtral, InternLM2 and the first Llama; v1: DBRX's up projection; wi,
 * wo: T5.
 */
export const IN_MLP: Readonly<Record<string, ModuleType>> = {
  gate: 'router',
  router: 'router',
  wg: 'router',
  c_proj: 'down_proj',
  w1: 'gate_proj',
  w2: 'down_proj',
  w3: 'up_proj',
  v1: 'up_proj',
  wi: 'up_proj',
  wi_0: 'gate_proj',
  wi_1: 'up_proj',
  wo: 'down_proj',
  Wi: 'up_proj',
  Wo: 'down_proj',
  lin1: 'up_proj',
  lin2: 'down_proj',
  W_in: 'up_proj',
  W_gate: 'gate_proj',
  W_out: 'down_proj',
  // xLSTM.
  proj_up: 'up_proj',
  proj_up_gate: 'gate_proj',
  proj_down: 'down_proj',
  // RWKV.
  key: 'up_proj',
  value: 'down_proj',
  receptance: 'gate_proj',
};

/** Modules of recurrent layers, and the names of their matrices; fused ones are split. */
export const RECURRENT_PARTS = new Set([
  'linear_attn',
  'mamba',
  'mixer',
  'conv',
  'lconv1d',
  'temporal_block',
  'mlstm_layer',
]);
export const IN_RECURRENT: Readonly<Record<string, ModuleType>> = {
  in_proj: 'recurrent_in',
  in_proj_qkv: 'recurrent_in',
  in_proj_qkvz: 'recurrent_in',
  in_proj_z: 'recurrent_in',
  in_proj_a: 'recurrent_gate',
  in_proj_b: 'recurrent_gate',
  in_proj_ba: 'recurrent_gate',
  conv1d: 'recurrent_conv',
  conv: 'recurrent_conv',
  out_proj: 'recurrent_out',
  // Mamba-1.
  x_proj: 'recurrent_gate',
  dt_proj: 'recurrent_gate',
  // Gemma's audio tower.
  linear_start: 'recurrent_in',
  linear_end: 'recurrent_out',
  // RecurrentGemma.
  linear_x: 'recurrent_in',
  linear_y: 'recurrent_in',
  linear_out: 'recurrent_out',
  conv_1d: 'recurrent_conv',
  // xLSTM.
  q: 'recurrent_in',
  k: 'recurrent_in',
  v: 'recurrent_in',
  ogate_preact: 'recurrent_in',
  igate_preact: 'recurrent_gate',
  fgate_preact: 'recurrent_gate',
  // Nemotron-H calls every module of a layer its mixer.
  gate: 'router',
};

/** Names that attention has as well (OLMo Hybrid). */
export const IN_LINEAR_ATTENTION: Readonly<Record<string, ModuleType>> = {
  q_proj: 'recurrent_in',
  k_proj: 'recurrent_in',
  v_proj: 'recurrent_in',
  g_proj: 'recurrent_in',
  o_proj: 'recurrent_out',
  a_proj: 'recurrent_gate',
  b_proj: 'recurrent_gate',
};

export const ATTENTION_PARTS = new Set([
  'attn',
  'attention',
  'self_attn',
  'self_attention',
  'norm_attn_norm',
  'cross_attn',
  'encoder_attn',
  'attn1',
  'attn2',
  'SelfAttention',
  'EncDecAttention',
]);
export const MLP_PARTS = new Set([
  'mlp',
  'ffn',
  'feed_forward',
  'block_sparse_moe',
  'moe',
  'experts',
  'shared_expert',
  'DenseReluDense',
]);
export const LAYER_LISTS = new Set([
  'layers',
  'layer',
  'h',
  'blocks',
  'block',
  'resblocks',
  'transformer_blocks',
  'blk',
]);
export const VISION_PARTS = new Set([
  'vision_tower',
  'vision_model',
  'visual',
  'vision_encoder',
  'image_encoder',
  'vpm',
  'vision_embedder',
]);
export const PROJECTOR_PARTS = new Set([
  'multi_modal_projector',
  'mm_projector',
  'connector',
  'merger',
  'merger_list',
  'deepstack_merger_list',
  'patch_merger',
  'embed_vision',
  'visual_embeddings_table',
  'vit_large_projector',
  'vision_language_adapter',
  'mlp1',
  'resampler',
  'aligner',
]);
export const AUDIO_PARTS = new Set(['audio_tower', 'audio_model', 'embed_audio']);

/** Layers for multi-token prediction in Qwen, MiMo and ERNIE; other models number them after the last layer. */
export const MTP_PART = /^mtp(_|$)/;

/** The end of a name: positions of patches, tiles and frames, one row for each. */
export const POSITIONS = /(^|[._])(pos(ition(al)?)?_embed(ding)?s?(_vlm)?|tile_embedding)(\.embedding)?$/;
/** The end of a name: what takes patches. */
export const PATCHES = /(^|\.)patch_(embed|embedding|embeddings|embedder|conv)(\.(proj|projection|input_proj))?$/;
