import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { linear, llamaDecoder, llamaLayer, readSizes, readWindow, slidingLayers } from './layers.ts';

const THETA = 150_000;
/** Rotary parameters for a config without them. */
const YARN = {
  rope_type: 'yarn',
  factor: 32,
  beta_fast: 32,
  beta_slow: 1,
  truncate: false,
  original_max_position_embeddings: 4096,
};

/**
 * gpt-oss: a window in every second layer, attention sinks, stacked experts with biases and a clamped SwiGLU (arXiv
 * 2508.10925). The softmax over the chosen experts' logits is that over all, divided by the sum of the chosen.
 */
export const gptOss: ModelFamily = {
  modelType: 'gpt_oss',
  defaults: {
    vocab_size: 201088,
    hidden_size: 2880,
    intermediate_size: 2880,
    num_hidden_layers: 36,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 64,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    attention_bias: true,
    sliding_window: 128,
    num_local_experts: 128,
    num_experts_per_tok: 4,
    swiglu_alpha: 1.702,
    swiglu_limit: 7,
  },
  aliases: { num_experts: 'num_local_experts' },
  keys: { types: { float: 'swiglu_alpha' } },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: THETA, missing: YARN });
    const window = readWindow(config);
    const slides = slidingLayers(sizes, (i) => i % 2 === 0);
    const bias = config.boolean('attention_bias');
    const experts = readExpertSizes(sizes, { count: 'num_local_experts', width: 'intermediate_size' });
    const activation = {
      kind: 'clamped-swiglu',
      alpha: config.positive('swiglu_alpha'),
      limit: config.positive('swiglu_limit'),
      added: 1,
    } as const;
    // In the config, but never applied; and other names of values that are there as well.
    config.ignore('hidden_act', 'initial_context_length', 'experts_per_token');
    return llamaDecoder(sizes, (i) => {
      const at = `layers.${i}.mlp`;
      const mlp = gatedExperts(experts, at, {
        router: softmaxRouter(`${at}.router`, experts, {
          linear: linear(`${at}.router`, sizes.hidden, experts.count, { bias: true }),
        }),
        activation,
        stacked: {
          ...stackedExperts(`${at}.experts`, 'input-first, alternating'),
          biases: { gateUp: `${at}.experts.gate_up_proj_bias`, down: `${at}.experts.down_proj_bias` },
        },
      });
      const sinks = `layers.${i}.self_attn.sinks`;
      return llamaLayer(sizes, i, { rope, bias, window: slides[i] ? window : null, sinks }, { mlp });
    });
  },
};
