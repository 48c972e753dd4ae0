import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { layerNorms, llamaDecoder, llamaLayer, plainMlp, readSizes, readWindow } from './layers.ts';

/** StarCoder 2: layer norms, an MLP without gate, biases in all layers (arXiv 2402.19173). */
export const starcoder2: ModelFamily = {
  modelType: 'starcoder2',
  defaults: {
    vocab_size: 49152,
    hidden_size: 3072,
    intermediate_size: 12288,
    num_hidden_layers: 30,
    num_attention_heads: 24,
    num_key_value_heads: 2,
    hidden_act: 'gelu_pytorch_tanh',
    max_position_embeddings: 4096,
    norm_epsilon: 1e-5,
    tie_word_embeddings: true,
    sliding_window: null,
    use_bias: true,
  },
  keys: { types: { float: 'norm_epsilon' }, notNull: 'residual_dropout' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const norm = layerNorms(sizes, 'norm_epsilon');
    const window = readWindow(config);
    const bias = config.boolean('use_bias');
    const mlp = plainMlp(sizes, { bias, names: ['c_fc', 'c_proj'] });
    // Written by its first version, but not read.
    config.ignore('layer_types', 'mlp_type', 'norm_type', 'activation_function', 'layer_norm_epsilon');
    config.ignore('scale_attn_weights');
    const layer = (i: number) => llamaLayer(sizes, i, { rope, window, bias }, { mlp: mlp(`layers.${i}.mlp`), norm });
    return llamaDecoder(sizes, layer, { norm });
  },
};
