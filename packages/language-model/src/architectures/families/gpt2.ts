import type { Attention, Decoder, Linear, Mlp } from '../decoder.ts';
import { plainRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  fusedProjections,
  layerNorms,
  linear,
  namings,
  plainAttention,
  plainMlp,
  projectionsByHead,
  readHead,
  readSizes,
  type Sizes,
} from './layers.ts';

/** GPT-2's own names of keys. */
const GPT2_ALIASES = {
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
function gpt2Decoder(
  sizes: Sizes,
  mlp: (module: string) => Mlp,
  attention: (module: string, index: number) => Partial<Attention>,
): Decoder {
  const norm = layerNorms(sizes, 'layer_norm_epsilon');
  const layer = (i: number) =>
    block({
      mixer: plainAttention(`h.${i}.attn`, sizes, { rope: null, ...attention(`h.${i}.attn`, i) }),
      mlp: mlp(`h.${i}.mlp`),
      attentionNorm: norm(`h.${i}.ln_1`),
      mlpNorm: norm(`h.${i}.ln_2`),
    });
  return decoder(sizes, layer, {
    embeddings: 'wte',
    positions: { module: 'wpe', offset: 0 },
    namings: namings('transformer.'),
    finalNorm: norm('ln_f'),
  });
}

/** SantaCoder, StarCoder (arXiv 2301.03988, 2305.06161): GPT-2, in most models with one key and value for all heads. */
export const gptBigCode: ModelFamily = {
  modelType: 'gpt_bigcode',
  defaults: { ...gpt2.defaults, activation_function: 'gelu_pytorch_tanh', multi_query: true },
  aliases: GPT2_ALIASES,
  keys: {
    notNull: `
      attention_softmax_in_fp32 attn_pdrop embd_pdrop multi_query resid_pdrop scale_attention_softmax_in_fp32`,
  },
  describe: (config) => {
    const base = readSizes(config, { hasHeadDim: false, hasKeyValueHeads: false });
    const { heads, headDim, hidden } = base;
    const keyValueHeads = config.boolean('multi_query') ? 1 : heads;
    const sizes = { ...base, keyValueHeads };
    const scale = config.boolean('scale_attn_weights') ? 1 / Math.sqrt(headDim) : 1;
    config.expect('add_cross_attention', false, 'only decoders are supported');
    config.expect('num_key_value_heads', keyValueHeads, 'multi_query says how many there are');
    // Keys of the inference code of its first files; the class does not read them.
    config.ignore('inference_runner', 'pad_key_length', 'pre_allocate_kv_cache', 'validate_runner_input');
    const projections = keyValueHeads === 1 ? fusedProjections : projectionsByHead;
    const mlp = plainMlp(sizes, {
      width: config.numberOrNull('n_inner') ?? 4 * hidden,
      names: ['c_fc', 'c_proj'],
      activation: () => config.activation('activation_function'),
    });
    const output = hidden + 2 * keyValueHeads * headDim;
    return gpt2Decoder(sizes, mlp, (at) => ({
      projections: projections(linear(`${at}.c_attn`, hidden, output, { bias: true }), sizes),
      output: linear(`${at}.c_proj`, hidden, hidden, { bias: true }),
      scale,
    }));
  },
};

/** GPT-J (Wang & Komatsuzaki 2021): parallel residuals from one norm, neighboring pairs of a part of a head rotated. */
export const gptj: ModelFamily = {
  modelType: 'gptj',
  defaults: {
    vocab_size: 50400,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    rotary_dim: 64,
    n_inner: null,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
  },
  aliases: GPT2_ALIASES,
  keys: { notNull: 'attn_pdrop embd_pdrop resid_pdrop' },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false, hasKeyValueHeads: false });
    const { headDim, hidden } = sizes;
    const rotated = config.size('rotary_dim');
    if (rotated > headDim || rotated % 2 !== 0) {
      throw config.error(`rotary_dim is ${rotated}, and heads have ${headDim} dimensions`);
    }
    const rope = { ...plainRope(rotated, 10000), interleaved: true };
    const norm = layerNorms(sizes, 'layer_norm_epsilon');
    // In files on the Hub; the class does not read them.
    config.expect('rotary', true, 'positions are rotary in this family');
    config.expect('scale_attn_weights', true, 'scores are divided by the root of the dimensions in this family');
    const mlp = plainMlp(sizes, {
      width: config.numberOrNull('n_inner') ?? 4 * hidden,
      names: ['fc_in', 'fc_out'],
      activation: () => config.activation('activation_function'),
    });
    const layer = (i: number) =>
      block({
        mixer: plainAttention(`h.${i}.attn`, sizes, {
          rope,
          output: linear(`h.${i}.attn.out_proj`, hidden, hidden),
        }),
        mlp: mlp(`h.${i}.mlp`),
        residual: 'parallel',
        attentionNorm: norm(`h.${i}.ln_1`),
        mlpNorm: 'attention',
      });
    return decoder(sizes, layer, {
      embeddings: 'wte',
      namings: namings('transformer.'),
      finalNorm: norm('ln_f'),
      head: readHead(config, { bias: true }),
    });
  },
};
