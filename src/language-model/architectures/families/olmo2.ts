import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { decoder, eachLayer, gatedMlp, plainAttention, readSizes, rmsNorm } from './layers.ts';

/**
 * OLMo 2: norms after attention and MLP instead of before, and over all heads of queries and keys (arXiv 2501.00656).
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
  describe: (config) => {
    const sizes = readSizes(config);
    const { heads, keyValueHeads, headDim, hidden } = sizes;
    const rope = readRope(config, headDim, { theta: 10000 });
    const epsilon = config.positive('rms_norm_eps');
    return decoder(config, sizes, {
      layers: eachLayer(sizes, (i) => {
        const at = `layers.${i}.self_attn`;
        return {
          attention: plainAttention(at, sizes, {
            rope,
            bias: config.boolean('attention_bias'),
            queryNorm: { over: 'all', norm: rmsNorm(`${at}.q_norm`, heads * headDim, epsilon) },
            keyNorm: { over: 'all', norm: rmsNorm(`${at}.k_norm`, keyValueHeads * headDim, epsilon) },
          }),
          mlp: gatedMlp(config, `layers.${i}.mlp`, { hidden, width: config.size('intermediate_size') }),
          residual: 'sequential',
          residualScale: 1,
          attentionNorm: null,
          attentionOutputNorm: rmsNorm(`layers.${i}.post_attention_layernorm`, hidden, epsilon),
          mlpNorm: null,
          mlpOutputNorm: rmsNorm(`layers.${i}.post_feedforward_layernorm`, hidden, epsilon),
        };
      }),
      finalNorm: rmsNorm('norm', hidden, epsilon),
    });
  },
};
