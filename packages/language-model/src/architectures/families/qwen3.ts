import type { Decoder, Mlp, StackedExperts } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, qwenSparseLayers, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { gatedMlp, headNorms, llamaDecoder, llamaLayer, readSizes, readWindow, type Sizes } from './layers.ts';
import { qwenSliding } from './qwen2.ts';

/** Qwen 3: a norm of each head's queries and keys before the rotary embedding (arXiv 2505.09388). */
export const qwen3: ModelFamily = {
  modelType: 'qwen3',
  defaults: {
    vocab_size: 151936,
    intermediate_size: 22016,
    num_key_value_heads: 32,
    head_dim: 128,
    max_position_embeddings: 32768,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
  },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const windows = qwenSliding(sizes);
    const bias = config.boolean('attention_bias');
    return llamaDecoder(sizes, (i) =>
      llamaLayer(sizes, i, { rope, bias, window: windows[i] ?? null, ...headNorms(sizes, i) }),
    );
  },
};

/** Qwen 3 with a mixture of experts in most layers (arXiv 2505.09388). */
export const qwen3Moe: ModelFamily = {
  modelType: 'qwen3_moe',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 6144,
    num_hidden_layers: 24,
    num_key_value_heads: 4,
    max_position_embeddings: 32768,
    use_sliding_window: false,
    sliding_window: 4096,
    decoder_sparse_step: 1,
    moe_intermediate_size: 768,
    num_experts_per_tok: 8,
    num_experts: 128,
    norm_topk_prob: false,
  },
  aliases: { num_local_experts: 'num_experts' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const written = readWindow(config);
    const window = config.boolean('use_sliding_window') ? written : null;
    // Either all layers have a window or none; queries and keys always have norms.
    config.ignore('max_window_layers', 'layer_types', 'use_qk_norm', 'shared_expert_intermediate_size');
    const bias = config.boolean('attention_bias');
    const mlp = qwenMlps(sizes, { normalize: config.boolean('norm_topk_prob') });
    return llamaDecoder(sizes, (i) =>
      llamaLayer(sizes, i, { rope, window, bias, ...headNorms(sizes, i) }, { mlp: mlp(i) }),
    );
  },
};

/** The MLP of each layer, plain or with experts. */
function qwenMlps(
  sizes: Sizes,
  { normalize, layout }: { readonly normalize: boolean; readonly layout?: StackedExperts['layout'] },
): (index: number) => Mlp {
  const { config } = sizes;
  const isSparse = qwenSparseLayers(config);
  const experts = config.number('num_experts') === 0 ? null : readExpertSizes(sizes, { count: 'num_experts' });
  // Without experts these are read all the same.
  config.ignore('moe_intermediate_size', 'num_experts_per_tok');
  const width = config.size('intermediate_size');
  return (index) => {
    const at = `layers.${index}.mlp`;
    if (experts === null || !isSparse(index)) return gatedMlp(sizes, at, { width });
    const router = softmaxRouter(`${at}.gate`, experts, { normalize });
    return gatedExperts(experts, at, { router, stacked: stackedExperts(`${at}.experts`, layout) });
  };
}

const VL_DEFAULTS = { vocab_size: 151936, max_position_embeddings: 128000 };

/**
 * The text model of Qwen3-VL (arXiv 2511.21631): Qwen 3 without windows. The three positions of a token are equal in
 * text, so it does not matter how they share the dimensions of a head.
 */
export const qwen3VlText: ModelFamily = {
  modelType: 'qwen3_vl_text',
  defaults: {
    ...VL_DEFAULTS,
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

/** Qwen3-VL with experts, which files stack with either dimension first. */
export const qwen3VlMoeText: ModelFamily = {
  modelType: 'qwen3_vl_moe_text',
  defaults: {
    ...VL_DEFAULTS,
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
