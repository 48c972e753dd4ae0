import type { Decoder, Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { headNorms, llamaDecoder, llamaLayer, readSizes, type Sizes } from './layers.ts';
import { qwenMlps } from './qwen3-moe.ts';

const DEFAULTS = {
  vocab_size: 151936,
  hidden_act: 'silu',
  max_position_embeddings: 128000,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  attention_bias: false,
};

/**
 * The text model of Qwen3-VL: Qwen 3 without windows (arXiv 2511.21631). The three positions of a token are equal in
 * text, so that it makes no difference how they share the dimensions of a head. Read from transformers 5.24,
 * models/qwen3_vl/modular_qwen3_vl.py.
 */
export const qwen3VlText: ModelFamily = {
  modelType: 'qwen3_vl_text',
  defaults: {
    ...DEFAULTS,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    head_dim: 128,
  },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => describeQwen3Vl(readSizes(config)),
};

/**
 * The same with experts, which files stack with either dimension first. Read from transformers 5.24,
 * models/qwen3_vl_moe/modular_qwen3_vl_moe.py.
 */
export const qwen3VlMoeText: ModelFamily = {
  modelType: 'qwen3_vl_moe_text',
  defaults: {
    ...DEFAULTS,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    decoder_sparse_step: 1,
    moe_intermediate_size: 1408,
    num_experts_per_tok: 4,
    num_experts: 60,
  },
  aliases: { num_local_experts: 'num_experts' },
  keys: { nullable: 'head_dim' },
  describe: (config) => {
    config.expect('norm_topk_prob', true, 'weights of experts are always divided by their sum in this family');
    const sizes = readSizes(config);
    return describeQwen3Vl(sizes, qwenMlps(sizes, { normalize: true, layout: 'by shape' }));
  },
};

function describeQwen3Vl(sizes: Sizes, mlp?: (index: number) => Mlp): Decoder {
  const { config } = sizes;
  const rope = readRope(config, sizes.headDim, { theta: 5e5, sections: { missing: [24, 20, 20], isWhole: false } });
  const bias = config.boolean('attention_bias');
  return llamaDecoder(sizes, (i) =>
    llamaLayer(sizes, i, { rope, bias, ...headNorms(sizes, i) }, mlp ? { mlp: mlp(i) } : {}),
  );
}
