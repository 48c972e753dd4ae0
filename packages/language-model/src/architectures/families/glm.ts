import type { Config } from '../config.ts';
import type { Layer } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { fusedGatedMlp, llamaDecoder, llamaLayer, readSizes, rmsNorms, type Sizes } from './layers.ts';

const DEFAULTS = {
  vocab_size: 151552,
  intermediate_size: 13696,
  num_hidden_layers: 40,
  num_key_value_heads: 2,
  head_dim: 128,
  max_position_embeddings: 131072,
  rms_norm_eps: 1.5625e-7,
  attention_bias: true,
};

/** GLM-4 9B: neighboring pairs of half of each head are rotated, gate and up are one matrix (arXiv 2406.12793). */
export const glm: ModelFamily = {
  modelType: 'glm',
  defaults: DEFAULTS,
  keys: { nullable: 'attention_dropout head_dim num_key_value_heads' },
  describe: (config) => {
    const { sizes, layer } = glmLayers(config);
    return llamaDecoder(sizes, layer);
  },
};

/** GLM-4-0414: GLM-4 with norms after attention and MLP, too. */
export const glm4: ModelFamily = {
  modelType: 'glm4',
  defaults: DEFAULTS,
  describe: (config) => {
    const { sizes, layer } = glmLayers(config);
    const norm = rmsNorms(sizes);
    return llamaDecoder(sizes, (i) => ({
      ...layer(i),
      attentionOutputNorm: norm(`layers.${i}.post_self_attn_layernorm`),
      mlpOutputNorm: norm(`layers.${i}.post_mlp_layernorm`),
    }));
  },
};

function glmLayers(config: Config): { sizes: Sizes; layer: (index: number) => Layer } {
  const sizes = readSizes(config);
  const rope = readRope(config, sizes.headDim, { theta: 10000, partial: 0.5, mayBePartial: true, interleaved: true });
  const bias = config.boolean('attention_bias');
  const mlp = fusedGatedMlp(sizes);
  return {
    sizes,
    layer: (i) => llamaLayer(sizes, i, { rope, bias, outputBias: false }, { mlp: mlp(`layers.${i}.mlp`) }),
  };
}
