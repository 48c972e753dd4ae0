import type { Config } from '../config.ts';
import type { Rope } from '../decoder.ts';
import { ropeOf } from '../rope.ts';
import type { Family } from './family.ts';
import { gemmaDecoder } from './gemma2.ts';
import { headNorms, readSizes, readWindow, slidingLayers } from './layers.ts';

const THETA = { full_attention: 1e6, sliding_attention: 1e4 } as const;

/** Gemma 3: normed queries and keys, five sliding layers to one full, each kind with its own rotary base (arXiv 2503.19786). */
export const gemma3: Family = {
  modelType: 'gemma3_text',
  defaults: {
    vocab_size: 262208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    attention_bias: false,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    sliding_window_pattern: 6,
    final_logit_softcapping: null,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const window = readWindow(config);
    const pattern = config.size('sliding_window_pattern');
    const slides = slidingLayers(config, sizes, (i) => (i + 1) % pattern !== 0);
    config.ignore('attn_logit_softcapping'); // kept in the config, never applied
    const ropes = {
      full: readOne(config, sizes.headDim, 'full_attention'),
      sliding: readOne(config, sizes.headDim, 'sliding_attention'),
    };
    return gemmaDecoder(config, sizes, (i) => ({
      rope: slides[i] ? ropes.sliding : ropes.full,
      window: slides[i] ? window : null,
      ...headNorms(config, sizes, i, true),
    }));
  },
};

/** Older configs scale the full layers with `rope_scaling` and give the sliding ones a base of their own. */
function readOne(config: Config, headDim: number, kind: keyof typeof THETA): Rope {
  const scaling = config.object('rope_scaling');
  const byKind = config.object('rope_parameters');
  if (byKind && !Object.keys(THETA).some((name) => name in byKind)) {
    throw config.error('rope_parameters has neither "full_attention" nor "sliding_attention"');
  }
  const parameters = (byKind?.[kind] ?? {}) as Record<string, unknown>;
  const full = config.optionalNumber('rope_theta');
  const local = config.optionalNumber('rope_local_base_freq');
  const theta = (kind === 'full_attention' ? full : local) ?? THETA[kind];
  const scaled = kind === 'full_attention' && scaling !== null ? { ...parameters, ...scaling } : parameters;
  return ropeOf(config, headDim, { rope_theta: theta, ...scaled }, { theta });
}
