import type { Decoder } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  type AttentionChanges,
  allHeadsNorms,
  block,
  gatedMlp,
  llamaDecoder,
  llamaLayer,
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

/** OLMoE: Llama with norms over all heads of queries and keys, and experts in every layer (arXiv 2409.02060). */
export const olmoe: ModelFamily = {
  modelType: 'olmoe',
  defaults: {
    vocab_size: 50304,
    hidden_size: 2048,
    intermediate_size: 2048,
    num_hidden_layers: 16,
    num_attention_heads: 16,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    num_experts_per_tok: 8,
    num_experts: 64,
    norm_topk_prob: false,
  },
  aliases: { num_local_experts: 'num_experts' },
  keys: { types: { 'float | null': 'clip_qkv' }, nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false });
    const { heads, headDim } = sizes;
    config.expect('head_dim', headDim, `its norms are those of ${heads} heads of ${headDim}`);
    const clip = config.optionalNumber('clip_qkv');
    if (clip !== null && clip <= 0) throw config.error(`clip_qkv is ${clip}, and must be positive`);
    const rope = readRope(config, headDim, { theta: 10000 });
    const bias = config.boolean('attention_bias');
    const experts = readExpertSizes(sizes, { count: 'num_experts', width: 'intermediate_size' });
    const normalize = config.boolean('norm_topk_prob');
    return llamaDecoder(sizes, (i) => {
      const at = `layers.${i}.mlp`;
      const attention = { rope, bias, ...allHeadsNorms(sizes, i), ...(clip === null ? {} : { clip }) };
      const router = softmaxRouter(`${at}.gate`, experts, { normalize });
      return llamaLayer(sizes, i, attention, { mlp: gatedExperts(experts, at, { router }) });
    });
  },
};
