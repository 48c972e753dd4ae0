import type { Config } from '../config.ts';
import type { Mixer, Mlp } from '../decoder.ts';
import { readRope, ropesByType } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  gatedMlp,
  headNorms,
  layerTypes,
  linear,
  NUMBERED_NAMES,
  plainAttention,
  readSizes,
  readWindow,
  rmsNorms,
  type Sizes,
} from './layers.ts';

const DEFAULTS = {
  vocab_size: 65536,
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
  // Both are read, and the class prefers block_ff_dim.
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
  return decoder(sizes, layer, {
    finalNorm: norm('embedding_norm'),
    head: { tied, scale: 1, softcap: null },
  });
}

function shortConvolution(config: Config, hidden: number): (module: string) => Mixer {
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

function numberedMlp(sizes: Sizes, module: string, width: number): Mlp {
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

const TYPES = ['conv', 'sliding_attention', 'full_attention'] as const;
type LayerType = (typeof TYPES)[number];

/** Rotary parameters for a config without them. */
const ROPES = {
  sliding_attention: { rope_type: 'default', rope_theta: 10000 },
  full_attention: { rope_type: 'proportional', rope_theta: 1e6, partial_rotary_factor: 0.5 },
};

/** LFM3: LFM2 with some windows, a gate of each head's output, and norms also after mixers and MLPs. */
export const lfm3: ModelFamily = {
  modelType: 'lfm3',
  defaults: {
    vocab_size: 128000,
    hidden_size: 2048,
    intermediate_size: 7680,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    head_dim: 128,
    max_position_embeddings: 128000,
    norm_eps: 1e-5,
    tie_word_embeddings: true,
    conv_bias: false,
    conv_L_cache: 7,
    sliding_window: 256,
    use_sandwich_norm: true,
    use_attention_gate: true,
  },
  aliases: { rms_norm_eps: 'norm_eps' },
  keys: { types: { bool: 'use_attention_gate use_sandwich_norm' }, typesHere: { float: 'attention_dropout' } },
  describe: (config) => {
    const sizes = readSizes(config);
    const types = layerTypes(sizes, TYPES, typeOf);
    const attention = attentionOf(sizes, types);
    const convolution = shortConvolution(config, sizes.hidden);
    const width = config.size('intermediate_size');
    const norm = rmsNorms(sizes, { key: 'norm_eps' });
    const isSandwich = config.boolean('use_sandwich_norm');
    const layer = (i: number) => {
      const type = types[i] ?? 'conv';
      return block({
        mixer: type === 'conv' ? convolution(`layers.${i}.conv`) : attention(i, type),
        mlp: numberedMlp(sizes, `layers.${i}.feed_forward`, width),
        attentionNorm: norm(`layers.${i}.operator_norm`),
        attentionOutputNorm: isSandwich ? norm(`layers.${i}.post_operator_norm`) : null,
        mlpNorm: norm(`layers.${i}.ffn_norm`),
        mlpOutputNorm: isSandwich ? norm(`layers.${i}.post_ffn_norm`) : null,
      });
    };
    return decoder(sizes, layer, {
      finalNorm: norm('embedding_norm'),
      fileNames: [{ own: '.self_attn.g_proj.', file: '.self_attn.gate_proj.' }],
    });
  },
};

function typeOf(index: number): LayerType {
  if (index % 4 === 2) return 'full_attention';
  return index % 4 === 0 && index > 0 ? 'sliding_attention' : 'conv';
}

function attentionOf(
  sizes: Sizes,
  types: readonly LayerType[],
): (index: number, type: Exclude<LayerType, 'conv'>) => Mixer {
  const { config, hidden, heads, headDim } = sizes;
  const ropeOf = ropesByType(config, types, ROPES);
  const ropes = {
    sliding_attention: ropeOf('sliding_attention', headDim),
    full_attention: ropeOf('full_attention', headDim),
  };
  const window = readWindow(config);
  if (window === null && types.includes('sliding_attention')) {
    throw config.error('sliding_window is null, and there are layers with a window');
  }
  const bias = config.boolean('attention_bias');
  const hasGate = config.boolean('use_attention_gate');
  return (index, type) =>
    plainAttention(`layers.${index}.self_attn`, sizes, {
      rope: ropes[type],
      bias,
      window: type === 'sliding_attention' ? window : null,
      ...headNorms(sizes, index, { key: 'norm_eps' }),
      outputGate: hasGate ? linear(`layers.${index}.self_attn.g_proj`, hidden, heads) : null,
    });
}
