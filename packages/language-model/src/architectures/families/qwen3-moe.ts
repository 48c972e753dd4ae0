import type { Mlp, StackedExperts } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, qwenSparseLayers, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { gatedMlp, headNorms, llamaDecoder, llamaLayer, readSizes, readWindow, type Sizes } from './layers.ts';

/**
 * Qwen 3 with a mixture of experts in most layers (arXiv 2505.09388). Compared with transformers 5.24,
 * models/qwen3_moe/modeling_qwen3_moe.py.
 */
export const qwen3Moe: ModelFamily = {
  modelType: 'qwen3_moe',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 6144,
    num_hidden_layers: 24,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
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
export function qwenMlps(
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
