import type { Attention, Decoder, Linear, Mlp } from '../decoder.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  eachLayer,
  fusedProjections,
  layerNorms,
  namings,
  plainAttention,
  readSizes,
  type Sizes,
} from './layers.ts';

/** GPT-2's own names of keys. */
export const GPT2_ALIASES = {
  n_positions: 'max_position_embeddings',
  n_embd: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
};

/** GPT-2: learned positions, weights stored [in, out] (Radford et al. 2019). */
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
    const { heads, headDim, hidden } = sizes;
    const width = config.numberOrNull('n_inner') ?? 4 * hidden;
    const activation = config.activation('activation_function');
    config.ignore('n_ctx'); // an old name of n_positions, which is not read
    config.expect('add_cross_attention', false, 'only decoders are supported');
    const mlp = (module: string): Mlp => ({
      kind: 'plain',
      up: conv1d(`${module}.c_fc`, hidden, width),
      down: conv1d(`${module}.c_proj`, width, hidden),
      activation,
    });
    return gpt2Decoder(sizes, mlp, (at, i) => ({
      projections: fusedProjections(conv1d(`${at}.c_attn`, hidden, 3 * hidden), { ...sizes, keyValueHeads: heads }),
      output: conv1d(`${at}.c_proj`, hidden, hidden),
      scale:
        (config.boolean('scale_attn_weights') ? 1 / Math.sqrt(headDim) : 1) /
        (config.boolean('scale_attn_by_inverse_layer_idx') ? i + 1 : 1),
    }));
  },
};

function conv1d(module: string, input: number, output: number): Linear {
  return { module, input, output, bias: true, layout: 'conv1d' };
}

/** A decoder with GPT-2's names. */
export function gpt2Decoder(
  sizes: Sizes,
  mlp: (module: string) => Mlp,
  attention: (module: string, index: number) => Partial<Attention>,
): Decoder {
  const norm = layerNorms(sizes, 'layer_norm_epsilon');
  return decoder(sizes, {
    embeddings: 'wte',
    positions: { module: 'wpe', offset: 0 },
    namings: namings('transformer.'),
    layers: eachLayer(sizes, (i) =>
      block({
        mixer: plainAttention(`h.${i}.attn`, sizes, { rope: null, ...attention(`h.${i}.attn`, i) }),
        mlp: mlp(`h.${i}.mlp`),
        attentionNorm: norm(`h.${i}.ln_1`),
        mlpNorm: norm(`h.${i}.ln_2`),
      }),
    ),
    finalNorm: norm('ln_f'),
  });
}
