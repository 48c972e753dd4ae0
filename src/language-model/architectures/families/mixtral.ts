import type { Experts } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  linear,
  llamaDecoder,
  llamaLayer,
  MAX_EXPERTS,
  readSizes,
  readWindow,
  softmaxRouter,
  stackedExperts,
} from './layers.ts';

/** Mixtral: Mistral with a mixture of experts in every layer (arXiv 2401.04088). */
export const mixtral: ModelFamily = {
  modelType: 'mixtral',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    hidden_act: 'silu',
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    sliding_window: null,
    num_experts_per_tok: 2,
    num_local_experts: 8,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const { hidden } = sizes;
    const rope = readRope(config, sizes.headDim, { theta: 1e6 });
    const window = readWindow(config);
    const width = config.size('intermediate_size');
    const count = config.size('num_local_experts', MAX_EXPERTS);
    const perToken = config.size('num_experts_per_tok', count);
    const activation = config.activation('hidden_act');
    config.ignore('layer_types');
    return llamaDecoder(config, sizes, (i) => {
      const at = `layers.${i}.block_sparse_moe`;
      const mlp: Experts = {
        kind: 'experts',
        router: {
          ...softmaxRouter(`${at}.gate`, { hidden, count, normalize: true }),
          alias: `layers.${i}.mlp.gate`,
        },
        count,
        perToken,
        activation,
        expert: (index) => ({
          gate: linear(`${at}.experts.${index}.w1`, hidden, width, { bias: false }),
          up: linear(`${at}.experts.${index}.w3`, hidden, width, { bias: false }),
          down: linear(`${at}.experts.${index}.w2`, width, hidden, { bias: false }),
        }),
        stacked: stackedExperts(`layers.${i}.mlp.experts`),
        shared: null,
      };
      return llamaLayer(config, sizes, i, { rope, window }, { mlp });
    });
  },
};
