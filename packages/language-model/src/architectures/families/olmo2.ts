import type { Decoder } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  type AttentionChanges,
  allHeadsNorms,
  block,
  gatedMlp,
  llamaDecoder,
  plainAttention,
  readSizes,
  rmsNorms,
  type Sizes,
} from './layers.ts';

/** OLMo 2 (arXiv 2501.00656): norms after attention and MLP, and over all heads of queries and keys. */
export const olmo2: ModelFamily = {
  modelType: 'olmo2',
  defaults: {
    vocab_size: 50304,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
  },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    return olmoDecoder(sizes, () => ({ rope }));
  },
};

/** A decoder of OLMo's blocks with this attention. */
export function olmoDecoder(sizes: Sizes, attention: (index: number) => AttentionChanges): Decoder {
  const bias = sizes.config.boolean('attention_bias');
  const norm = rmsNorms(sizes);
  return llamaDecoder(sizes, (i) =>
    block({
      mixer: plainAttention(`layers.${i}.self_attn`, sizes, { bias, ...allHeadsNorms(sizes, i), ...attention(i) }),
      mlp: gatedMlp(sizes, `layers.${i}.mlp`),
      attentionOutputNorm: norm(`layers.${i}.post_attention_layernorm`),
      mlpOutputNorm: norm(`layers.${i}.post_feedforward_layernorm`),
    }),
  );
}
