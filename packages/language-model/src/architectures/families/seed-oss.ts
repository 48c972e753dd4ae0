import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes } from './layers.ts';

/** Seed-OSS (ByteDance 2025): Llama with biases of queries, keys and values, and a switch for that of the output. */
export const seedOss: ModelFamily = {
  modelType: 'seed_oss',
  defaults: {
    vocab_size: 155136,
    intermediate_size: 27648,
    num_hidden_layers: 64,
    num_attention_heads: 80,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 524288,
    attention_bias: true,
    attention_out_bias: false,
  },
  keys: {
    types: { bool: 'attention_out_bias' },
    nullable: 'head_dim num_key_value_heads',
    notNull: 'pretraining_tp residual_dropout',
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const bias = config.boolean('attention_bias');
    const outputBias = config.boolean('attention_out_bias');
    const mlpBias = config.boolean('mlp_bias');
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias, outputBias }, { mlpBias }));
  },
};
