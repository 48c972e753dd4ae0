import type { Config } from '../config.ts';
import type { Mixer, Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  eachLayer,
  gatedMlp,
  headNorms,
  layerTypes,
  linear,
  NUMBERED_NAMES,
  plainAttention,
  readSizes,
  rmsNorms,
  type Sizes,
} from './layers.ts';

const DEFAULTS = {
  vocab_size: 65536,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 128_000,
  norm_eps: 1e-5,
  tie_word_embeddings: true,
  conv_bias: false,
  conv_L_cache: 3,
} as const;

/** LFM2 and LFM2.5 (arXiv 2511.23404): short gated convolutions, and attention with norms in some layers. */
export const lfm2: ModelFamily = {
  modelType: 'lfm2',
  defaults: {
    ...DEFAULTS,
    hidden_size: 2560,
    intermediate_size: 12288,
    block_multiple_of: 256,
    block_ffn_dim_multiplier: 1,
    block_auto_adjust_ff_dim: true,
  },
  keys: {
    types: {
      bool: 'block_auto_adjust_ff_dim conv_bias use_expert_bias',
      int: 'block_ff_dim block_multiple_of conv_L_cache',
      'float | int': 'block_ffn_dim_multiplier',
      'list[int] | null': 'full_attn_idxs',
    },
  },
  describe: (config) => {
    const width = feedForwardWidth(config);
    const sizes = readSizes(config);
    const attention = config.list('full_attn_idxs');
    return hybrid(sizes, {
      attends: (i) => attention === null || attention.includes(i),
      mlp: (module) => numberedMlp(sizes, module, width),
    });
  },
};

/** LFM2 with experts after the first layers. */
export const lfm2Moe: ModelFamily = {
  modelType: 'lfm2_moe',
  defaults: {
    ...DEFAULTS,
    hidden_size: 2048,
    intermediate_size: 7168,
    moe_intermediate_size: 1792,
    num_dense_layers: 2,
    num_experts_per_tok: 4,
    num_experts: 32,
    use_expert_bias: true,
    routed_scaling_factor: 1,
    norm_topk_prob: true,
  },
  describe: (config) => {
    const width = config.size('intermediate_size');
    const sizes = readSizes(config);
    const dense = config.number('num_dense_layers');
    config.ignore('full_attn_idxs'); // of files for MLX: layer_types say the same
    const experts = expertsOf(sizes);
    return hybrid(sizes, {
      attends: () => {
        throw config.error('layer_types is missing');
      },
      mlp: (module, i) => (i < dense ? numberedMlp(sizes, module, width) : experts(module)),
    });
  },
};

/** With `block_auto_adjust_ff_dim`, two thirds of the width, rounded up to a multiple if there is a multiplier. */
function feedForwardWidth(config: Config): number {
  const written = config.size('intermediate_size');
  const width = config.optionalNumber('block_ff_dim') ?? written;
  const multiplier = config.numberOrNull('block_ffn_dim_multiplier');
  const multiple = config.size('block_multiple_of');
  if (!config.boolean('block_auto_adjust_ff_dim')) return width;
  const adjusted = Math.trunc((2 * width) / 3);
  return multiplier === null ? adjusted : multiple * Math.ceil(Math.trunc(multiplier * adjusted) / multiple);
}

interface Parts {
  /** Does the layer have attention, where the config has no `layer_types`? */
  readonly attends: (index: number) => boolean;
  readonly mlp: (module: string, index: number) => Mlp;
}

function hybrid(sizes: Sizes, { attends, mlp }: Parts) {
  const { config, hidden, heads, headDim } = sizes;
  const rope = readRope(config, headDim, { theta: 1e6 });
  const types = layerTypes(sizes, ['conv', 'full_attention'], (i) => (attends(i) ? 'full_attention' : 'conv'));
  const norm = rmsNorms(sizes, { key: 'norm_eps' });
  const convolution = shortConvolution(config, hidden);
  ignoreLeftovers(config);
  const names = { query: 'q_layernorm', key: 'k_layernorm' };
  const attention = (i: number) =>
    plainAttention(`layers.${i}.self_attn`, sizes, {
      rope,
      ...headNorms(sizes, i, { key: 'norm_eps', names }),
      output: linear(`layers.${i}.self_attn.out_proj`, heads * headDim, hidden),
    });
  const layer = (i: number) =>
    block({
      mixer: types[i] === 'conv' ? convolution(`layers.${i}.conv`) : attention(i),
      mlp: mlp(`layers.${i}.feed_forward`, i),
      attentionNorm: norm(`layers.${i}.operator_norm`),
      mlpNorm: norm(`layers.${i}.ffn_norm`),
    });
  const tied = config.boolean(config.has('tie_embedding') ? 'tie_embedding' : 'tie_word_embeddings');
  return decoder(sizes, {
    layers: eachLayer(sizes, layer),
    finalNorm: norm('embedding_norm'),
    head: { tied, scale: 1, softcap: null },
  });
}

export function shortConvolution(config: Config, hidden: number): (module: string) => Mixer {
  const bias = config.boolean('conv_bias');
  const kernel = config.size('conv_L_cache');
  return (module) => ({
    kind: 'short-convolution',
    input: linear(`${module}.in_proj`, hidden, 3 * hidden, { bias }),
    convolution: { module: `${module}.conv`, channels: hidden, kernel, bias, activation: 'identity' },
    output: linear(`${module}.out_proj`, hidden, hidden, { bias }),
  });
}

/** Keys of released configs that no class of transformers reads. */
function ignoreLeftovers(config: Config): void {
  config.ignore('block_dim', 'block_mlp_init_scale', 'block_norm_eps', 'block_out_init_scale', 'block_use_swiglu');
  config.ignore('block_use_xavier_init', 'conv_dim', 'conv_dim_out', 'conv_use_xavier_init', 'use_pos_enc');
  config.ignore('num_heads', 'theta', 'tie_word_embeddings');
}

export function numberedMlp(sizes: Sizes, module: string, width: number): Mlp {
  return gatedMlp(sizes, module, { width, names: NUMBERED_NAMES, activation: 'silu' });
}

function expertsOf(sizes: Sizes): (module: string) => Mlp {
  const { config } = sizes;
  const experts = readExpertSizes(sizes, { count: 'num_experts' });
  const hasBias = config.boolean('use_expert_bias');
  const scale = config.positive('routed_scaling_factor');
  const normalize = config.boolean('norm_topk_prob') && { added: 1e-6, least: 0 };
  return (module) =>
    gatedExperts(experts, module, {
      names: NUMBERED_NAMES,
      activation: 'silu',
      router: softmaxRouter(`${module}.gate`, experts, {
        scores: 'sigmoid',
        correction: hasBias ? { tensor: `${module}.expert_bias`, shape: [experts.count] } : null,
        normalize,
        scale,
      }),
    });
}
