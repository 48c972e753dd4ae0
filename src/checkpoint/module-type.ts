import { at } from '../platform/at.ts';

/**
 * The types of matrices in a transformer. Other names of the same type are mapped to these. `kv_proj`: to what keys and values have in
 * common (multi-head latent attention). `router`: what weights the experts of a mixture, or those that are there for every token.
 */
export const MODULE_TYPES = [
  'q_proj',
  'k_proj',
  'v_proj',
  'kv_proj',
  'o_proj',
  // The gate of the output of attention.
  'attention_gate',
  // Linear attention, Mamba-2 and gated convolutions: what they take from the hidden state, and what they give back.
  'recurrent_in',
  'recurrent_out',
  // One row for each head: decay, write strength, time step.
  'recurrent_gate',
  // [channels, kernel] of the convolution over the last positions.
  'recurrent_conv',
  'gate_proj',
  'up_proj',
  'down_proj',
  // Between the hidden state and the smaller one of latent experts.
  'expert_latent_proj',
  'router',
  // Hidden state and next token's embedding to one, for multi-token prediction.
  'mtp_proj',
  'embed',
  'lm_head',
  'other',
] as const;
export type ModuleType = (typeof MODULE_TYPES)[number];

/** The components of a vision-language model. Other towers (audio) belong to none. */
export const COMPONENTS = ['vision', 'projector', 'language'] as const;
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
 * What mixes positions: attention, and the projections of the recurrent layers in its place. Their gates and convolutions
 * have so few rows or columns that a share of the directions means nothing.
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
 * Are the matrices of this type a measure of each other? Those of no known type are of many shapes and purposes, and so are
 * the parts of recurrent layers; routers and their like differ from layer to layer.
 */
export function isAlike(module: ModuleType): boolean {
  return module === 'embed' || module === 'lm_head' || [...ATTENTION_MODULES, ...MLP_MODULES].includes(module);
}

/** Where a tensor is in the model, according to its name. */
export interface Place {
  readonly module: ModuleType;
  readonly layer: number | null;
  readonly expert: number | null;
  readonly component: Component | null;
}

/** Last parts of names that have one meaning in all models. */
const BY_LEAF: Readonly<Record<string, ModuleType>> = {
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
  shared_expert_gate: 'router',
  fc1_latent_proj: 'expert_latent_proj',
  fc2_latent_proj: 'expert_latent_proj',
  eh_proj: 'mtp_proj',
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
};

/** Last parts of names that have this meaning only inside attention. */
const IN_ATTENTION: Readonly<Record<string, ModuleType>> = {
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
};

/**
 * The same for the MLP. w1, w2, w3: the gated MLP of Mixtral, InternLM2 and the original Llama; v1 is DBRX's up
 * projection; wi, wo are T5's.
 */
const IN_MLP: Readonly<Record<string, ModuleType>> = {
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
};

/** Modules of recurrent layers, and the names of their matrices; fused ones are split. */
const RECURRENT_PARTS = new Set(['linear_attn', 'mamba', 'mixer', 'conv']);
const IN_RECURRENT: Readonly<Record<string, ModuleType>> = {
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
  // Nemotron-H calls every module of a layer its mixer.
  gate: 'router',
};

const ATTENTION_PARTS = new Set([
  'attn',
  'attention',
  'self_attn',
  'self_attention',
  'norm_attn_norm',
  'cross_attn',
  'attn1',
  'attn2',
  'SelfAttention',
  'EncDecAttention',
]);
const MLP_PARTS = new Set([
  'mlp',
  'ffn',
  'feed_forward',
  'block_sparse_moe',
  'experts',
  'shared_expert',
  'DenseReluDense',
]);
const LAYER_LISTS = new Set(['layers', 'layer', 'h', 'blocks', 'block', 'resblocks', 'transformer_blocks']);
const VISION_PARTS = new Set(['vision_tower', 'vision_model', 'visual', 'vision_encoder', 'image_encoder', 'vpm']);
const PROJECTOR_PARTS = new Set([
  'multi_modal_projector',
  'mm_projector',
  'connector',
  'merger',
  'deepstack_merger_list',
  'vision_language_adapter',
  'mlp1',
  'resampler',
  'aligner',
]);
const AUDIO_PARTS = new Set(['audio_tower', 'audio_model', 'embed_audio']);

/** `model.layers.3.mlp.up_proj.weight` → its dotted parts without the closing `weight`. */
function parts(tensorName: string): string[] {
  return tensorName.replace(/\.weight$/, '').split('.');
}

/** Does only a multimodal model have a tensor of this name? */
export function isMultimodalName(tensorName: string): boolean {
  const isOther = (part: string) => VISION_PARTS.has(part) || AUDIO_PARTS.has(part) || part === 'multi_modal_projector';
  return parts(tensorName).some(isOther);
}

/** Does the tensor belong to a vision tower? */
export function isInVision(tensorName: string): boolean {
  return parts(tensorName).some((part) => VISION_PARTS.has(part));
}

/**
 * The place of a tensor, according to its name.
 * @param multimodal whether the checkpoint is a vision-language model: then its tensors have a component
 */
export function placeOf(tensorName: string, { multimodal }: { readonly multimodal: boolean }): Place {
  const path = parts(tensorName);
  return {
    module: moduleOf(path),
    layer: numberAfter(path, LAYER_LISTS),
    expert: numberAfter(path, new Set(['experts'])),
    component: multimodal ? componentOf(path) : null,
  };
}

function moduleOf(path: readonly string[]): ModuleType {
  const leaf = at(path, path.length - 1);
  if (leaf === 'gate_proj' && ATTENTION_PARTS.has(path.at(-2) ?? '')) return 'attention_gate';
  // Qwen's layers of multi-token prediction.
  if (leaf === 'fc' && path.at(-2) === 'mtp') return 'mtp_proj';
  const direct = Object.hasOwn(BY_LEAF, leaf) ? BY_LEAF[leaf] : undefined;
  if (direct) return direct;
  // The original Llama layout: `output.weight` at the top is the head.
  if (leaf === 'output' && (path.length === 1 || path.at(-2) === 'language_model')) return 'lm_head';
  if (leaf === 'layer' && path.at(-2) === 'router') return 'router'; // Granite.
  const sequential = inSequential(path);
  if (sequential) return sequential;
  if (RECURRENT_PARTS.has(path.at(-2) ?? '') && Object.hasOwn(IN_RECURRENT, leaf)) return IN_RECURRENT[leaf] ?? 'other';
  // The heads of BERT and its successors.
  if (leaf === 'decoder' && (path.length === 1 || ['predictions', 'lm_head'].includes(path.at(-2) ?? '')))
    return 'lm_head';
  // The innermost of attention and MLP decides: `attention.output.dense` is attention's, `output.dense` the MLP's.
  for (const part of [...path].reverse()) {
    if (ATTENTION_PARTS.has(part)) return (Object.hasOwn(IN_ATTENTION, leaf) && IN_ATTENTION[leaf]) || 'other';
    if (MLP_PARTS.has(part)) return (Object.hasOwn(IN_MLP, leaf) && IN_MLP[leaf]) || 'other';
  }
  // Encoders of the BERT layout, whose `dense` some reimplementations leave out.
  const bert = leaf === 'dense' ? path.at(-2) : leaf;
  if (bert === 'intermediate') return 'up_proj';
  if (bert === 'output' && numberAfter(path, LAYER_LISTS) !== null) return 'down_proj';
  return 'other';
}

/** Modules that are known by their number in a list: diffusers' `ff.net.0`, `ff.net.0.proj`, `ff.net.2`, `to_out.0`. */
function inSequential(path: readonly string[]): ModuleType | null {
  const [list, name, number] = path.at(-1) === 'proj' ? path.slice(-4) : path.slice(-3);
  if (list === 'ff' && name === 'net') return number === '0' ? 'up_proj' : number === '2' ? 'down_proj' : null;
  return path.at(-2) === 'to_out' && path.at(-1) === '0' ? 'o_proj' : null;
}

function componentOf(path: readonly string[]): Component | null {
  if (path.some((part) => AUDIO_PARTS.has(part))) return null;
  // The projector first: Qwen-VL has its merger inside `visual`.
  if (path.some((part) => PROJECTOR_PARTS.has(part))) return 'projector';
  return path.some((part) => VISION_PARTS.has(part)) ? 'vision' : 'language';
}

function numberAfter(path: readonly string[], lists: ReadonlySet<string>): number | null {
  const list = path.findIndex((part, i) => lists.has(part) && /^\d{1,6}$/.test(path[i + 1] ?? ''));
  return list < 0 ? null : Number(path[list + 1]);
}
