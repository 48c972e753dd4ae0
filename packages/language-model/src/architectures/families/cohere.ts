import type { Decoder, HeadNorm } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  type AttentionChanges,
  block,
  gatedMlp,
  layerNorm,
  layerNorms,
  llamaDecoder,
  plainAttention,
  readHead,
  readSizes,
  readWindow,
  type Sizes,
  slidingLayers,
} from './layers.ts';

const DEFAULTS = {
  vocab_size: 256000,
  hidden_size: 8192,
  intermediate_size: 22528,
  num_hidden_layers: 40,
  num_attention_heads: 64,
  max_position_embeddings: 8192,
  layer_norm_eps: 1e-5,
  tie_word_embeddings: true,
  logit_scale: 0.0625,
};

/**
 * Command R: parallel residuals, layer norms without bias, rotation of neighboring pairs, scaled logits (Cohere 2024).
 * Command R+ has norms of queries and keys with a weight for each head.
 */
export const cohere: ModelFamily = {
  modelType: 'cohere',
  defaults: { ...DEFAULTS, use_qk_norm: false },
  keys: {
    types: { float: 'logit_scale' },
    nullable: 'attention_dropout layer_norm_eps logit_scale num_key_value_heads use_qk_norm',
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 5e5, interleaved: true });
    const isNormed = config.boolean('use_qk_norm');
    return cohereDecoder(sizes, (i) => ({ rope, ...(isNormed ? headNorms(sizes, i) : {}) }));
  },
};

/** Command R7B and A (arXiv 2504.00698): a window in three of four layers, and no positions in the others. */
export const cohere2: ModelFamily = {
  modelType: 'cohere2',
  defaults: { ...DEFAULTS, sliding_window: 4096, sliding_window_pattern: 4 },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    // Notes of the training code in configs on the Hub.
    config.ignore('layer_switch', 'order_of_interleaved_layers', 'position_embedding_type', 'rotary_pct');
    config.ignore('use_embedding_sharing', 'use_gated_activation', 'use_parallel_block', 'use_parallel_embedding');
    config.expect('use_qk_norm', false, 'this family has no norms of queries and keys');
    const sizes = readSizes(config, { hasHeadDim: false });
    config.expect('head_dim', sizes.headDim, `its class computes ${sizes.headDim}`);
    const rope = readRope(config, sizes.headDim, { theta: 10000, interleaved: true });
    const window = readWindow(config);
    const pattern = config.size('sliding_window_pattern');
    const slides = slidingLayers(sizes, (i) => (i + 1) % pattern !== 0);
    return cohereDecoder(sizes, (i) => (slides[i] && window !== null ? { rope, window } : { rope: null }));
  },
};

function cohereDecoder(sizes: Sizes, attention: (index: number) => AttentionChanges): Decoder {
  const { config } = sizes;
  const norm = layerNorms(sizes, 'layer_norm_eps', { bias: false });
  const bias = config.boolean('attention_bias');
  const layer = (i: number) =>
    block({
      mixer: plainAttention(`layers.${i}.self_attn`, sizes, { bias, ...attention(i) }),
      mlp: gatedMlp(sizes, `layers.${i}.mlp`),
      residual: 'parallel',
      attentionNorm: norm(`layers.${i}.input_layernorm`),
      mlpNorm: 'attention',
    });
  return llamaDecoder(sizes, layer, { norm, head: readHead(config, { scale: config.number('logit_scale') }) });
}

function headNorms({ config, headDim }: Sizes, index: number) {
  const norm = (name: string): HeadNorm => ({
    over: 'each-head, stacked',
    norm: layerNorm(`layers.${index}.self_attn.${name}`, headDim, config.positive('layer_norm_eps'), { bias: false }),
  });
  return { queryNorm: norm('q_norm'), keyNorm: norm('k_norm') };
}
