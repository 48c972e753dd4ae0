import type { Attention, Decoder } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { block, gatedMlp, llamaDecoder, plainAttention, readSizes, rmsNorm, type Sizes } from './layers.ts';

/**
 * OLMo 2: norms after attention and MLP instead of before, and over all heads of queries and keys (arXiv 2501.00656).
 * Compared with transformers 5.24, models/olmo2/modeling_olmo2.py.
 */
export const olmo2: ModelFamily = {
  modelType: 'olmo2',
  defaults: {
    vocab_size: 50304,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    attention_bias: false,
  },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    return olmoDecoder(sizes, () => ({ rope }));
  },
};

/** A decoder of OLMo's blocks, whose attention may differ. */
export function olmoDecoder(
  sizes: Sizes,
  attention: (index: number) => Pick<Attention, 'rope'> & Partial<Attention>,
): Decoder {
  const { config, heads, keyValueHeads, headDim, hidden } = sizes;
  const epsilon = config.positive('rms_norm_eps');
  const bias = config.boolean('attention_bias');
  return llamaDecoder(sizes, (i) => {
    const at = `layers.${i}.self_attn`;
    const norms: Partial<Attention> = {
      queryNorm: { over: 'all', norm: rmsNorm(`${at}.q_norm`, heads * headDim, epsilon) },
      keyNorm: { over: 'all', norm: rmsNorm(`${at}.k_norm`, keyValueHeads * headDim, epsilon) },
    };
    return block({
      mixer: plainAttention(at, sizes, { bias, ...norms, ...attention(i) }),
      mlp: gatedMlp(sizes, `layers.${i}.mlp`),
      attentionOutputNorm: rmsNorm(`layers.${i}.post_attention_layernorm`, hidden, epsilon),
      mlpOutputNorm: rmsNorm(`layers.${i}.post_feedforward_layernorm`, hidden, epsilon),
    });
  });
}
