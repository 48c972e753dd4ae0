import type { ModelFamily } from './family.ts';
import {
  conv1d,
  decoder,
  eachLayer,
  fusedProjections,
  layerNorm,
  namings,
  plainAttention,
  preNormLayer,
  readSizes,
} from './layers.ts';

/** The names of GPT-2's config, and their usual ones. */
export const GPT2_ALIASES = {
  n_positions: 'max_position_embeddings',
  n_embd: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
};

/**
 * GPT-2: learned positions, weights stored [in, out] (Radford et al. 2019). Compared with transformers 5.24,
 * models/gpt2/modeling_gpt2.py.
 */
export const gpt2: ModelFamily = {
  modelType: 'gpt2',
  defaults: {
    vocab_size: 50257,
    max_position_embeddings: 1024,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    n_inner: null,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    scale_attn_weights: true,
    scale_attn_by_inverse_layer_idx: false,
    tie_word_embeddings: true,
  },
  aliases: GPT2_ALIASES,
  keys: {
    types: { bool: 'scale_attn_by_inverse_layer_idx' },
    notNull: `
      attn_pdrop embd_pdrop reorder_and_upcast_attn resid_pdrop summary_first_dropout summary_proj_to_labels
      summary_type summary_use_proj`,
  },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false });
    const { headDim, hidden } = sizes;
    const epsilon = config.positive('layer_norm_epsilon');
    const width = config.numberOrNull('n_inner') ?? 4 * hidden;
    config.ignore('n_ctx'); // an old name of n_positions, which is not read
    config.expect('add_cross_attention', false, 'only decoders are supported');
    return decoder(sizes, {
      embeddings: 'wte',
      positions: { module: 'wpe', offset: 0 },
      namings: namings('transformer.'),
      layers: eachLayer(sizes, (i) =>
        preNormLayer(
          plainAttention(`h.${i}.attn`, sizes, {
            rope: null,
            projections: fusedProjections(conv1d(`h.${i}.attn.c_attn`, hidden, 3 * hidden), sizes),
            output: conv1d(`h.${i}.attn.c_proj`, hidden, hidden),
            scale:
              (config.boolean('scale_attn_weights') ? 1 / Math.sqrt(headDim) : 1) /
              (config.boolean('scale_attn_by_inverse_layer_idx') ? i + 1 : 1),
          }),
          {
            kind: 'plain',
            up: conv1d(`h.${i}.mlp.c_fc`, hidden, width),
            down: conv1d(`h.${i}.mlp.c_proj`, width, hidden),
            activation: config.activation('activation_function'),
          },
          layerNorm(`h.${i}.ln_1`, hidden, epsilon),
          layerNorm(`h.${i}.ln_2`, hidden, epsilon),
        ),
      ),
      finalNorm: layerNorm('ln_f', hidden, epsilon),
    });
  },
};
