import { minusOne, reordered, transposed } from '../changes.ts';
import type { GgufModel } from '../model.ts';
import type { GgufArchitecture, TensorChange } from './architecture.ts';
import { decimal, headDim, layerNormSizes, present, rmsSizes, sizes } from './common.ts';
import { partialRotary, rope } from './rope.ts';
import { ggufHeadCount, renamed } from './rules.ts';

/** Decoders with layer norms, most of them older, and Phi 3. */

function dimension(model: GgufModel): number {
  return (
    model.number('attention.key_length') ?? model.required('embedding_length') / model.required('attention.head_count')
  );
}

function keyHeads(model: GgufModel): number {
  const rows = model.tensors.get('blk.0.attn_k.weight')?.shape[0];
  return rows === undefined ? model.required('attention.head_count_kv') : rows / dimension(model);
}

/** Weights of norms are stored plus one; biases are not. */
const norm1p: TensorChange = (entry, { suffix }) => (suffix === '.weight' ? minusOne(entry) : entry);

/** Reorder queries, keys and values into transformers' groups, each with its queries, its key and its value. */
const interleaved: TensorChange = (entry, { model, layer }) => {
  const heads = ggufHeadCount(model, 'attention.head_count', layer);
  const groups = ggufHeadCount(model, 'attention.head_count_kv', layer);
  const size = (entry.shape[0] ?? 0) / (heads + 2 * groups);
  const each = heads / groups;
  const order = Array.from({ length: groups }, (_, group) => [
    ...Array.from({ length: each }, (__, i) => group * each + i),
    heads + group,
    heads + groups + group,
  ]).flat();
  return reordered(
    entry,
    order.flatMap((head) => Array.from({ length: size }, (_, i) => head * size + i)),
  );
};

const conv1d: TensorChange = (entry, { suffix }) => (suffix === '.weight' ? transposed(entry) : entry);

export const LAYER_NORM: readonly GgufArchitecture[] = [
  {
    name: 'starcoder2',
    also: ['ffn_gate'],
    config: (model) => ({
      model_type: 'starcoder2',
      ...layerNormSizes(model, 'norm_epsilon'),
      ...rope(model),
      use_bias: model.someLayerHas('attn_q.bias'),
      // The file does not say; released models with 3 and 7 billion parameters have none.
      sliding_window: null,
    }),
  },
  {
    name: 'stablelm',
    config: (model) => ({
      model_type: 'stablelm',
      ...layerNormSizes(model, 'layer_norm_eps'),
      ...rope(model),
      ...partialRotary(model, dimension(model)),
      use_qkv_bias: model.someLayerHas('attn_q.bias'),
      qk_layernorm: model.someLayerHas('attn_q_norm.weight'),
      use_parallel_residual: model.boolean('use_parallel_residual') ?? true,
    }),
  },
  {
    name: 'nemotron',
    also: ['ffn_gate'],
    changes: { output_norm: norm1p, attn_norm: norm1p, ffn_norm: norm1p },
    config: (model) => {
      model.ignore('attention.layer_norm_rms_epsilon');
      return {
        model_type: 'nemotron',
        ...layerNormSizes(model, 'norm_eps'),
        ...headDim(model),
        ...rope(model),
        partial_rotary_factor: (model.number('rope.dimension_count') ?? dimension(model)) / dimension(model),
        attention_bias: model.someLayerHas('attn_q.bias'),
        mlp_bias: model.someLayerHas('ffn_up.bias'),
      };
    },
  },
  {
    name: 'phi2',
    config: (model) => ({
      model_type: 'phi',
      ...layerNormSizes(model, 'layer_norm_eps'),
      ...rope(model),
      ...partialRotary(model, dimension(model)),
      intermediate_size: model.tensors.get('blk.0.ffn_up.weight')?.shape[0] ?? 0,
      // The file has the number of query heads here, whatever the model has.
      num_key_value_heads: keyHeads(model),
    }),
  },
  /** Phi 3, 3.5 and 4. Queries, keys and values are one matrix in transformers too, as are gate and up. */
  {
    name: 'phi3',
    also: ['ffn_gate'],
    spare: ['rope_factors_long.weight', 'rope_factors_short.weight'],
    config: (model) => ({
      model_type: 'phi3',
      ...rmsSizes(model),
      ...rope(model),
      ...partialRotary(model, dimension(model)),
      sliding_window: model.number('attention.sliding_window') || null,
      ...present('original_max_position_embeddings', model.number('rope.scaling.original_context_length')),
    }),
  },
  {
    name: 'falcon',
    names: {
      // With two norms (40B and later), that of attention has a different name.
      attn_norm: (named) =>
        renamed(named.model.someLayerHas('attn_norm_2.weight') ? 'ln_mlp' : 'input_layernorm')(named),
    },
    changes: { attn_qkv: interleaved },
    config: (model) => {
      const { num_key_value_heads: groups, max_position_embeddings: _, intermediate_size: __, ...own } = sizes(model);
      const isNew = model.someLayerHas('attn_norm_2.weight');
      return {
        model_type: 'falcon',
        ...own,
        ffn_hidden_size: model.tensors.get('blk.0.ffn_up.weight')?.shape[0] ?? 0,
        layer_norm_epsilon: decimal(model, 'attention.layer_norm_epsilon'),
        ...rope(model),
        bias: model.someLayerHas('attn_qkv.bias'),
        parallel_attn: true,
        alibi: false,
        new_decoder_architecture: isNew,
        ...(isNew ? { num_kv_heads: groups } : { multi_query: groups === 1 }),
      };
    },
  },
  {
    name: 'gptneox',
    changes: { attn_qkv: interleaved },
    config: (model) => {
      const { num_key_value_heads: _, ...own } = layerNormSizes(model, 'layer_norm_eps');
      return {
        model_type: 'gpt_neox',
        ...own,
        ...rope(model),
        rotary_pct: (model.number('rope.dimension_count') ?? dimension(model)) / dimension(model),
        use_parallel_residual: model.boolean('use_parallel_residual') ?? true,
        attention_bias: model.someLayerHas('attn_qkv.bias'),
      };
    },
  },
  {
    name: 'gpt2',
    changes: { attn_qkv: conv1d, attn_output: conv1d, ffn_up: conv1d, ffn_down: conv1d },
    config: (model) => ({
      model_type: 'gpt2',
      vocab_size: model.tensors.get('token_embd.weight')?.shape[0] ?? 0,
      n_embd: model.required('embedding_length'),
      n_layer: model.layers,
      n_head: model.required('attention.head_count'),
      n_positions: model.required('context_length'),
      n_inner: model.number('feed_forward_length'),
      layer_norm_epsilon: decimal(model, 'attention.layer_norm_epsilon'),
      tie_word_embeddings: !model.tensors.has('output.weight'),
    }),
  },
];
