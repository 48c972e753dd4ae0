import type { Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { gatedMlp, llamaDecoder, llamaLayer, readSizes, rmsNorms, type Sizes } from './layers.ts';

/** Gemma 1: scaled embeddings, gains of weight + 1 (arXiv 2403.08295). */
export const gemma: ModelFamily = {
  modelType: 'gemma',
  defaults: {
    vocab_size: 256000,
    hidden_size: 3072,
    intermediate_size: 24576,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: 256,
    hidden_act: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  keys: { nullable: 'hidden_activation' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    config.ignore('hidden_activation', 'layer_types'); // the model class reads hidden_act
    config.expect('use_bidirectional_attention', false, 'only causal attention is supported');
    const bias = config.boolean('attention_bias');
    const norm = rmsNorms(sizes, { plusOne: true });
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { norm, mlp: readMlp(sizes, i) }), {
      norm,
      embeddingScale: Math.sqrt(sizes.hidden),
    });
  },
};

/** The first releases say "gelu" and mean its approximation. */
function readMlp(sizes: Sizes, index: number): Mlp {
  const mlp = gatedMlp(sizes, `layers.${index}.mlp`);
  return sizes.config.text('hidden_act') === 'gelu' ? { ...mlp, activation: 'gelu_tanh' } : mlp;
}
