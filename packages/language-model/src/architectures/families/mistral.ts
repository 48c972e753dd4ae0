import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes, readWindow, slidingLayers } from './layers.ts';

/**
 * Mistral 7B and its successors (arXiv 2310.06825): a window in every layer, unless it is null or the config lists the
 * layers that have one, as in Ministral.
 */
export const mistral: ModelFamily = {
  modelType: 'mistral',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
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
