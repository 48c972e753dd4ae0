import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes } from './layers.ts';

/**
 * ERNIE 4.5, dense: Llama with rotation of neighboring pairs (Baidu 2025). Read from transformers 5.24,
 * models/ernie4_5/modular_ernie4_5.py.
 */
export const ernie45: ModelFamily = {
  modelType: 'ernie4_5',
  defaults: {
    vocab_size: 103424,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: 18,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    use_bias: false,
  },
  keys: { nullable: 'head_dim num_key_value_heads use_bias use_cache' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 5e5, interleaved: true });
    config.ignore('compression_ratio', 'weight_share_add_bias'); // in configs on the Hub, but not read
    config.expect('use_rmsnorm', true, 'only RMS norms are supported');
    const bias = config.boolean('use_bias');
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { mlpBias: bias }));
  },
};
