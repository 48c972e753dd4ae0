import type { HeadNorm } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  gatedMlp,
  layerNorm,
  layerNorms,
  llamaDecoder,
  llamaNorms,
  plainAttention,
  readSizes,
} from './layers.ts';

/** StableLM 2 (arXiv 2402.17834): layer norms, quarter-rotated heads, optionally parallel residuals. */
export const stablelm: ModelFamily = {
  modelType: 'stablelm',
  defaults: {
    vocab_size: 50304,
    hidden_size: 2560,
    intermediate_size: 6912,
    num_key_value_heads: 32,
    max_position_embeddings: 4096,
    layer_norm_eps: 1e-5,
    use_qkv_bias: false,
    qk_layernorm: false,
    use_parallel_residual: false,
  },
  keys: { types: { bool: 'use_qkv_bias' }, notNull: 'hidden_dropout' },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false });
    const { heads, keyValueHeads, headDim } = sizes;
    const rope = readRope(config, headDim, { theta: 10000, partial: 0.25, mayBePartial: true });
    const epsilon = config.positive('layer_norm_eps');
    config.ignore('norm_eps', 'rope_pct', 'rotary_scaling_factor'); // keys of its first version
    const isParallel = config.boolean('use_parallel_residual');
    const isNormed = config.boolean('qk_layernorm');
    const normOf = (at: string, count: number): HeadNorm | null => {
      const norms = Array.from({ length: count }, (_, h) =>
        layerNorm(`${at}.norms.${h}`, headDim, epsilon, { bias: false }),
      );
      return isNormed ? { over: 'each-head', norms } : null;
    };
    const norm = layerNorms(sizes, 'layer_norm_eps');
    const layer = (i: number) => {
      const at = `layers.${i}.self_attn`;
      return block({
        mixer: plainAttention(at, sizes, {
          rope,
          bias: config.boolean('use_qkv_bias'),
          outputBias: false,
          queryNorm: normOf(`${at}.q_layernorm`, heads),
          keyNorm: normOf(`${at}.k_layernorm`, keyValueHeads),
        }),
        mlp: gatedMlp(sizes, `layers.${i}.mlp`),
        ...llamaNorms(i, norm),
        ...(isParallel ? { residual: 'parallel', mlpNorm: 'attention' } : {}),
      });
    };
    return llamaDecoder(sizes, layer, { norm });
  },
};
