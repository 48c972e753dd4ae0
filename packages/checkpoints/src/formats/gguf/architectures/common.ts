import type { GgufModel } from '../model.ts';
import { pairedExperts } from './rules.ts';

/** Names and keys that several architectures share. */

export const GATED_MLP = ['ffn_gate', 'ffn_up', 'ffn_down'];

export const PAIRED_EXPERTS = { ffn_gate_up_exps: pairedExperts('mlp.experts', 'gate_proj', 'up_proj') };

export function sizes(model: GgufModel): Record<string, unknown> {
  const layers = model.layers;
  const heads = one(model.numberOfEach('attention.head_count', layers));
  const keyHeads = one(model.numberOfEach('attention.head_count_kv', layers));
  const width = one(model.numberOfEach('feed_forward_length', layers));
  const [vocabulary = 0] = model.tensors.get('token_embd.weight')?.shape ?? [];
  return {
    vocab_size: vocabulary,
    hidden_size: model.required('embedding_length'),
    num_hidden_layers: layers,
    ...present('intermediate_size', width),
    ...present('num_attention_heads', heads),
    ...present('num_key_value_heads', keyHeads ?? heads),
    max_position_embeddings: model.required('context_length'),
    tie_word_embeddings: !model.tensors.has('output.weight'),
  };
}

export function rmsSizes(model: GgufModel): Record<string, unknown> {
  return { ...sizes(model), ...present('rms_norm_eps', decimal(model, 'attention.layer_norm_rms_epsilon')) };
}

/** The shortest decimal number that float32 rounds to this one. */
export function shortestDecimal(value: number): number {
  if (!Number.isFinite(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

/** The first number that is not 0: layers differ in that some have none. */
function one(numbers: readonly number[] | null): number | null {
  return numbers?.find((number) => number !== 0) ?? null;
}

export function present(key: string, value: unknown): Record<string, unknown> {
  return value === null ? {} : { [key]: value };
}

/** The size of each head, unless it is that of the model divided by the heads. */
export function headDim(model: GgufModel): Record<string, unknown> {
  model.ignore('attention.value_length');
  return present('head_dim', model.number('attention.key_length'));
}

/** llama.cpp's own default. */
const DEFAULT_THETA = 10_000;

export function theta(model: GgufModel): number {
  return shortestDecimal(model.number('rope.freq_base') ?? DEFAULT_THETA);
}

export function expertSizes(model: GgufModel, count: string): Record<string, unknown> {
  return {
    [count]: model.required('expert_count'),
    num_experts_per_tok: model.required('expert_used_count'),
    ...present('moe_intermediate_size', model.number('expert_feed_forward_length')),
  };
}

/** A number without the digits that float32 adds: 1e-6 and not 9.999999974752427e-7. */
export function decimal(model: GgufModel, key: string): number | null {
  const value = model.number(key);
  return value === null ? null : shortestDecimal(value);
}

/** @param key transformers' name for the epsilon */
export function layerNormSizes(model: GgufModel, key: string): Record<string, unknown> {
  return { ...sizes(model), ...present(key, decimal(model, 'attention.layer_norm_epsilon')) };
}

/** Tensors of the extra layers that predict more tokens. */
export const NEXT_TOKENS = {
  'nextn.eh_proj': 'eh_proj',
  'nextn.enorm': 'enorm',
  'nextn.hnorm': 'hnorm',
  'nextn.embed_tokens': 'embed_tokens',
  'nextn.shared_head_head': 'shared_head.head',
  'nextn.shared_head_norm': 'shared_head.norm',
} as const;

export function ownLayers(model: GgufModel): number {
  return model.layers - (model.number('nextn_predict_layers') ?? 0);
}
