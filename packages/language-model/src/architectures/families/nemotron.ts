import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { layerNorms, llamaDecoder, llamaLayer, plainMlp, readSizes } from './layers.ts';

/** Nemotron 4 (arXiv 2402.16819): layer norms with gain weight + 1, half-rotated heads, squared ReLU, no gate. */
export const nemotron: ModelFamily = {
  modelType: 'nemotron',
  defaults: {
    vocab_size: 256000,
    hidden_size: 6144,
    intermediate_size: 24576,
    num_attention_heads: 48,
    hidden_act: 'relu2',
    max_position_embeddings: 4096,
    norm_eps: 1e-5,
  },
  keys: { nullable: 'head_dim num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000, partial: 0.5, mayBePartial: true });
    config.ignore('kv_channels'); // of the training code, in configs on the Hub
    const bias = config.boolean('attention_bias');
    const mlp = plainMlp(sizes, { bias: config.boolean('mlp_bias') });
    const plain = layerNorms(sizes, 'norm_eps');
    const norm = (module: string) => ({ ...plain(module), plusOne: true });
    const layer = (i: number) => llamaLayer(sizes, i, { rope, bias }, { mlp: mlp(`layers.${i}.mlp`), norm });
    return llamaDecoder(sizes, layer, { norm });
  },
};
