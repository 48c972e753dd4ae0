import type { HeadNorm, Layer, Mixer } from '../decoder.ts';
import { ropesByType } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  decoder,
  eachLayer,
  layerTypes,
  linear,
  plainAttention,
  preNormLayer,
  readSizes,
  readWindow,
  rmsNorm,
  type Sizes,
} from './layers.ts';
import { numberedMlp, shortConvolution } from './lfm2.ts';

const TYPES = ['conv', 'sliding_attention', 'full_attention'] as const;
type LayerType = (typeof TYPES)[number];

/** Rotary parameters of the class, for a config without them. */
const ROPES = {
  sliding_attention: { rope_type: 'default', rope_theta: 10000 },
  full_attention: { rope_type: 'proportional', rope_theta: 1e6, partial_rotary_factor: 0.5 },
};

/**
 * LFM3: LFM2 with a window in half of the layers with attention, a gate of each head's output, and norms after mixers
 * and MLPs as well. Read from transformers 5.24, models/lfm3/modeling_lfm3.py and conversion_mapping.py.
 */
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
    attention_bias: false,
  },
  aliases: { rms_norm_eps: 'norm_eps' },
  keys: { types: { bool: 'use_attention_gate use_sandwich_norm' }, typesHere: { float: 'attention_dropout' } },
  describe: (config) => {
    const sizes = readSizes(config);
    const { hidden } = sizes;
    const types = layerTypes(sizes, TYPES, typeOf);
    const attention = attentionOf(sizes, types);
    const convolution = shortConvolution(config, hidden);
    const width = config.size('intermediate_size');
    const epsilon = config.positive('norm_eps');
    const isSandwich = config.boolean('use_sandwich_norm');
    const layer = (i: number): Layer => {
      const type = types[i] ?? 'conv';
      const norm = (name: string) => rmsNorm(`layers.${i}.${name}`, hidden, epsilon);
      return {
        ...preNormLayer(
          type === 'conv' ? convolution(`layers.${i}.conv`) : attention(`layers.${i}.self_attn`, type),
          numberedMlp(`layers.${i}.feed_forward`, hidden, width),
          norm('operator_norm'),
          norm('ffn_norm'),
        ),
        attentionOutputNorm: isSandwich ? norm('post_operator_norm') : null,
        mlpOutputNorm: isSandwich ? norm('post_ffn_norm') : null,
      };
    };
    return decoder(sizes, {
      layers: eachLayer(sizes, layer),
      finalNorm: rmsNorm('embedding_norm', hidden, epsilon),
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
): (module: string, type: Exclude<LayerType, 'conv'>) => Mixer {
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
  const epsilon = config.positive('norm_eps');
  const hasGate = config.boolean('use_attention_gate');
  return (module, type) => {
    const headNorm = (name: string): HeadNorm => ({
      over: 'head',
      norm: rmsNorm(`${module}.${name}`, headDim, epsilon),
    });
    return plainAttention(module, sizes, {
      rope: ropes[type],
      bias,
      window: type === 'sliding_attention' ? window : null,
      queryNorm: headNorm('q_norm'),
      keyNorm: headNorm('k_norm'),
      outputGate: hasGate ? linear(`${module}.g_proj`, hidden, heads, { bias: false }) : null,
    });
  };
}
