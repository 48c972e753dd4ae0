import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, plainMlp, readSizes } from './layers.ts';

/** Arcee's AFM (2025): Llama with squared ReLU (So et al. 2021, arXiv 2109.08668) and no gate in the MLP. */
export const arcee: ModelFamily = {
  modelType: 'arcee',
  defaults: {
    hidden_size: 2560,
    intermediate_size: 18432,
    hidden_act: 'relu2',
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
  },
  keys: { nullable: 'head_dim num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const bias = config.boolean('attention_bias');
    const mlp = plainMlp(sizes, { bias: config.boolean('mlp_bias') });
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { mlp: mlp(`layers.${i}.mlp`) }));
  },
};
