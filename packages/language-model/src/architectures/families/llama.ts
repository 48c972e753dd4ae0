import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes } from './layers.ts';

/** Llama 1 to 3.3, and other models with this model_type (Touvron et al. 2023, arXiv 2302.13971). */
export const llama: ModelFamily = {
  modelType: 'llama',
  defaults: {},
  keys: { nullable: 'attention_dropout head_dim num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    config.expect('rope_interleaved', false, 'only rotary embeddings of halves are supported');
    config.ignore('activation'); // Falcon 3 writes it next to hidden_act
    const bias = config.boolean('attention_bias');
    const mlpBias = config.boolean('mlp_bias');
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { mlpBias }));
  },
};
