import type { Mixer } from '../decoder.ts';
import { ropesByType } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  eachLayer,
  headNorms,
  layerTypes,
  linear,
  plainAttention,
  readSizes,
  readWindow,
  rmsNorms,
  type Sizes,
} from './layers.ts';
import { numberedMlp, shortConvolution } from './lfm2.ts';

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
    const { hidden } = sizes;
    const types = layerTypes(sizes, TYPES, typeOf);
    const attention = attentionOf(sizes, types);
    const convolution = shortConvolution(config, hidden);
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
    return decoder(sizes, {
      layers: eachLayer(sizes, layer),
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
