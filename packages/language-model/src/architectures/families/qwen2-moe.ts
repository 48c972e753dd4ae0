import { readRope } from '../rope.ts';
import { gatedExperts, qwenSparseLayers, readExpertSizes, sharedExpert, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes, readWindow, slidingLayers } from './layers.ts';

/** Qwen 1.5 and 2 with experts in most layers, and a gated one for every token (arXiv 2407.10671). */
export const qwen2Moe: ModelFamily = {
  modelType: 'qwen2_moe',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    max_position_embeddings: 32768,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
    decoder_sparse_step: 1,
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: 5632,
    num_experts_per_tok: 4,
    num_experts: 60,
    norm_topk_prob: false,
    qkv_bias: true,
  },
  keys: { types: { bool: 'qkv_bias' }, nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const bias = config.boolean('qkv_bias');
    const hasWindows = config.boolean('use_sliding_window');
    // transformers writes a window of 0 where windows are off.
    const window = hasWindows ? readWindow(config) : null;
    if (!hasWindows) config.ignore('sliding_window');
    const windowed = config.number('max_window_layers');
    // Every second of the first layers.
    const slides = slidingLayers(sizes, (i) => hasWindows && i % 2 === 0 && i < windowed);
    if (!hasWindows && slides.includes(true)) {
      throw config.error('layer_types has layers with a window, and use_sliding_window is not true');
    }
    const isSparse = qwenSparseLayers(config);
    const experts = config.number('num_experts') === 0 ? null : readExpertSizes(sizes, { count: 'num_experts' });
    // Keys for plain MLPs and for experts: a model need not have both.
    config.ignore('intermediate_size', 'moe_intermediate_size', 'num_experts_per_tok');
    const normalize = config.boolean('norm_topk_prob');
    const sharedWidth = config.size('shared_expert_intermediate_size');
    return llamaDecoder(sizes, (i) => {
      const attention = { rope, bias, outputBias: false, window: slides[i] ? window : null };
      if (experts === null || !isSparse(i)) return llamaLayer(sizes, i, attention);
      const at = `layers.${i}.mlp`;
      const router = softmaxRouter(`${at}.gate`, experts, { normalize });
      const shared = sharedExpert(sizes, `${at}.shared_expert`, { width: sharedWidth, hasGate: true });
      return llamaLayer(sizes, i, attention, { mlp: gatedExperts(experts, at, { router, shared }) });
    });
  },
};
