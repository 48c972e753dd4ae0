import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes } from './layers.ts';

/** Helium: Llama with rotation of neighboring pairs (Kyutai 2025). */
export const helium: ModelFamily = {
  modelType: 'helium',
  defaults: {
    vocab_size: 48000,
    hidden_size: 2560,
    intermediate_size: 7040,
    num_hidden_layers: 24,
    num_attention_heads: 20,
    num_key_value_heads: 20,
    head_dim: 128,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-8,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 1e5, interleaved: true });
    const bias = config.boolean('attention_bias');
    const mlpBias = config.boolean('mlp_bias');
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias, outputBias: false }, { mlpBias }));
  },
};
