/**
 * The types of matrices in a transformer. Other names of the same type are mapped to these. `kv_proj`: to what keys and
 * values have in common (multi-head latent attention). `router`: what weights the experts of a mixture.
 */
export const MODULE_TYPES = [
  'q_proj',
  'k_proj',
  'v_proj',
  'kv_proj',
  'o_proj',
  // The gate of the output of attention, or of what its compressor averages (DeepSeek V4).
  'attention_gate',
  // Chooses the positions that sparse attention looks at (DeepSeek V3.2, GLM-5).
  'indexer',
  // Linear attention, Mamba-2 and gated convolutions: what they take from the hidden state, and what they give back.
  'recurrent_in',
  'recurrent_out',
  // What the state forgets and takes: decay, write strength, time step, and the selection of Mamba-1. A row or few for
  // each head.
  'recurrent_gate',
  // [channels, kernel] of the convolution over the last positions.
  'recurrent_conv',
  'gate_proj',
  'up_proj',
  'down_proj',
  // Between the hidden state and the smaller one of latent experts.
  'expert_latent_proj',
  'router',
  // One row: the weight of an expert that is there for every token.
  'expert_gate',
  // From the embeddings of a layer of its own to the hidden state, and their gate (Gemma 3n, Gemma 4), or from those of
  // n-grams (Qwen 4).
  'per_layer_proj',
  // Between parallel residual streams (AltUp, hyper-connections), or in parallel with one (LAuReL).
  'residual_mix',
  // Hidden state and next token's embedding to one, for multi-token prediction.
  'mtp_proj',
  'embed',
  // Between smaller embeddings and the hidden state.
  'embed_proj',
  'lm_head',
  // From the patches of an image, or the frames of a sound, to the hidden state of a tower.
  'patch_embed',
  // From the hidden state of a tower to that of the language model.
  'projector',
  // Convolutions that are no part of a recurrent layer, such as those of towers.
  'conv',
  'other',
] as const;
export type ModuleType = (typeof MODULE_TYPES)[number];

/**
 * The parts of a model that are summarized apart: those of a vision-language model, of which other towers (audio)
 * belong to none, and in any model the layers that predict further tokens.
 */
export const COMPONENTS = ['vision', 'projector', 'language', 'mtp'] as const;
export type Component = (typeof COMPONENTS)[number];

/** The matrices of softmax attention. */
export const ATTENTION_MODULES: readonly ModuleType[] = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'kv_proj',
  'attention_gate',
];
/**
 * What mixes positions: attention, and the projections of the recurrent layers in its place. Their gates and
 * convolutions have so few rows or columns that a share of the directions means nothing.
 */
export const MIXER_MODULES: readonly ModuleType[] = [...ATTENTION_MODULES, 'recurrent_in', 'recurrent_out'];
export const MLP_MODULES: readonly ModuleType[] = ['gate_proj', 'up_proj', 'down_proj', 'expert_latent_proj'];
/** The matrices of a transformer block. */
export const BLOCK_MODULES: readonly ModuleType[] = [...MIXER_MODULES, ...MLP_MODULES];

/** Embeddings and lm_head: they have one row per token, and are reported apart from the blocks. */
export function isEmbedding(module: ModuleType): boolean {
  return module === 'embed' || module === 'lm_head';
}

/**
 * Are the matrices of this type a measure of each other? Those of no known type are of many shapes and purposes, and so
 * are the parts of recurrent layers; routers and their like differ from layer to layer.
 */
export function hasComparableMatrices(module: ModuleType): boolean {
  return module === 'embed' || module === 'lm_head' || [...ATTENTION_MODULES, ...MLP_MODULES].includes(module);
}
