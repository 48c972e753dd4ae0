/** `kv_proj` leads to what keys and values share (multi-head latent attention), `router` weights the experts. */
export const MODULE_TYPES = [
  'q_proj',
  'k_proj',
  'v_proj',
  'kv_proj',
  'o_proj',
  // The gate of attention's output, or of the average in its compressor (DeepSeek V4).
  'attention_gate',
  // Chooses the positions for sparse attention (DeepSeek V3.2, GLM-5).
  'indexer',
  // Linear attention, Mamba-2 and gated convolutions: from the hidden state, and back to it.
  'recurrent_in',
  'recurrent_out',
  // Decay, write strength, time step, and the selection of Mamba-1: a few rows for each head.
  'recurrent_gate',
  // [channels, kernel] of the convolution over the last positions.
  'recurrent_conv',
  'gate_proj',
  'up_proj',
  'down_proj',
  // Between the hidden state and the smaller one of latent experts.
  'expert_latent_proj',
  'router',
  // One row: the weight of an expert that sees every token.
  'expert_gate',
  // From a layer's own embeddings to the hidden state, and their gate (Gemma 3n, Gemma 4), or from n-grams (Qwen 4).
  'per_layer_proj',
  // Between parallel residual streams (AltUp, hyper-connections), or in parallel with one (LAuReL).
  'residual_mix',
  // Joins the hidden state and the next token's embedding for multi-token prediction.
  'mtp_proj',
  'embed',
  // Between smaller embeddings and the hidden state.
  'embed_proj',
  'lm_head',
  // From the patches of an image, or the frames of a sound, to the hidden state of a tower.
  'patch_embed',
  // From the hidden state of a tower to that of the language model.
  'projector',
  // Convolutions outside of recurrent layers, such as those of towers.
  'conv',
  'other',
] as const;
export type ModuleType = (typeof MODULE_TYPES)[number];

/** Parts of a model that are summarized apart. Audio towers belong to none; `mtp` predicts further tokens. */
export const COMPONENTS = ['vision', 'projector', 'language', 'mtp'] as const;
export type Component = (typeof COMPONENTS)[number];

export const ATTENTION_MODULES: readonly ModuleType[] = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'kv_proj',
  'attention_gate',
];
/** Without gates and convolutions: they have so few rows or columns that a share of the directions means nothing. */
export const MIXER_MODULES: readonly ModuleType[] = [...ATTENTION_MODULES, 'recurrent_in', 'recurrent_out'];
export const MLP_MODULES: readonly ModuleType[] = ['gate_proj', 'up_proj', 'down_proj', 'expert_latent_proj'];
export const BLOCK_MODULES: readonly ModuleType[] = [...MIXER_MODULES, ...MLP_MODULES];

/** Embeddings and lm_head have one row per token, and are reported apart from the blocks. */
export function isEmbedding(module: ModuleType): boolean {
  return module === 'embed' || module === 'lm_head';
}

/** Other types have many shapes and purposes, or differ from layer to layer, such as routers. */
export function hasComparableMatrices(module: ModuleType): boolean {
  return isEmbedding(module) || [...ATTENTION_MODULES, ...MLP_MODULES].includes(module);
}
