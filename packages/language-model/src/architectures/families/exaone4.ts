import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  gatedMlp,
  headNorms,
  llamaDecoder,
  plainAttention,
  readSizes,
  readWindow,
  rmsNorms,
  type Sizes,
  slidingLayers,
} from './layers.ts';

/**
 * EXAONE 4: norms after attention and MLP and of each head, a window in three of four layers, and no positions in the
 * others where some have a window (LG AI Research 2025, arXiv 2507.11407).
 */
export const exaone4: ModelFamily = {
  modelType: 'exaone4',
  defaults: {
    vocab_size: 102400,
    intermediate_size: 16384,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-5,
    sliding_window: 4096,
    sliding_window_pattern: 4,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const window = readWindow(config);
    const slides = readSlides(sizes, window);
    const norm = rmsNorms(sizes);
    return llamaDecoder(sizes, (i) =>
      block({
        mixer: plainAttention(`layers.${i}.self_attn`, sizes, {
          rope: window === null || slides[i] ? rope : null,
          window: slides[i] ? window : null,
          ...headNorms(sizes, i),
        }),
        mlp: gatedMlp(sizes, `layers.${i}.mlp`),
        attentionOutputNorm: norm(`layers.${i}.post_attention_layernorm`),
        mlpOutputNorm: norm(`layers.${i}.post_feedforward_layernorm`),
      }),
    );
  },
};

/** The pattern, a number or letters such as LLLG, is not used if the config has `layer_types`. */
function readSlides(sizes: Sizes, window: number | null): readonly boolean[] {
  const { config } = sizes;
  if (window === null || config.list('layer_types') !== null) {
    config.ignore('sliding_window_pattern');
    return slidingLayers(sizes, () => false);
  }
  const pattern = config.size('sliding_window_pattern');
  return slidingLayers(sizes, (i) => (i + 1) % pattern !== 0);
}
