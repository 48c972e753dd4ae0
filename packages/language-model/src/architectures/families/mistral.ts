import { readRope, ropeParameters, ropeType } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, NUMBERED_NAMES, readSizes, readWindow, slidingLayers } from './layers.ts';

/**
 * Mistral 7B and its successors (arXiv 2310.06825): a window in every layer, unless it is null or the config lists the
 * layers that have one, as in Ministral.
 */
export const mistral: ModelFamily = {
  modelType: 'mistral',
  defaults: {
    intermediate_size: 14336,
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    sliding_window: 4096,
  },
  keys: { nullable: 'head_dim' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const window = readWindow(config);
    const slides = slidingLayers(sizes, () => window !== null);
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, window: slides[i] ? window : null }));
  },
};

/** Ministral 8B (Mistral AI, October 2024). Without a list of the layers with a window, all have it. */
export const ministral: ModelFamily = { ...mistral, modelType: 'ministral' };

/** Mixtral: Mistral with a mixture of experts in every layer (arXiv 2401.04088). */
export const mixtral: ModelFamily = {
  modelType: 'mixtral',
  defaults: {
    ...mistral.defaults,
    rms_norm_eps: 1e-5,
    sliding_window: null,
    num_experts_per_tok: 2,
    num_local_experts: 8,
  },
  aliases: { num_experts: 'num_local_experts' },
  keys: { nullable: 'head_dim' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 1e6 });
    if (ropeType(ropeParameters(config)) === 'dynamic' && !config.has('head_dim')) {
      throw config.error('transformers computes no rope_type "dynamic" without head_dim');
    }
    const window = readWindow(config);
    const experts = readExpertSizes(sizes, { count: 'num_local_experts', width: 'intermediate_size' });
    config.ignore('layer_types');
    return llamaDecoder(sizes, (i) => {
      const at = `layers.${i}.block_sparse_moe`;
      const mlp = gatedExperts(experts, at, {
        names: NUMBERED_NAMES,
        router: softmaxRouter(`${at}.gate`, experts, { alias: `layers.${i}.mlp.gate` }),
        stacked: stackedExperts(`layers.${i}.mlp.experts`),
      });
      return llamaLayer(sizes, i, { rope, window }, { mlp });
    });
  },
};
