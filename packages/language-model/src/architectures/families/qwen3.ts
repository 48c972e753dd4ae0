import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { headNorms, llamaDecoder, llamaLayer, readSizes } from './layers.ts';
import { qwenSliding } from './qwen2.ts';

/**
 * Qwen 3: a norm of each head's queries and keys before the rotary embedding (arXiv 2505.09388). Compared with
 * transformers 5.24, models/qwen3/modeling_qwen3.py.
 */
export const qwen3: ModelFamily = {
  modelType: 'qwen3',
  defaults: {
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
  },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const windows = qwenSliding(sizes);
    const bias = config.boolean('attention_bias');
    return llamaDecoder(sizes, (i) =>
      llamaLayer(sizes, i, { rope, bias, window: windows[i] ?? null, ...headNorms(sizes, i) }),
    );
  },
};
