import { ropesWithWindows } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { gemma2, gemmaDecoder } from './gemma2.ts';
import { headNorms, readSizes, readWindow, slidingLayers } from './layers.ts';

export const GEMMA_THETAS = { full: 1e6, sliding: 1e4, slidingKey: 'rope_local_base_freq' };

/** Gemma 3 (arXiv 2503.19786): norms of queries and keys, a window and another rotary base in five of six layers. */
export const gemma3: ModelFamily = {
  modelType: 'gemma3_text',
  defaults: {
    ...gemma2.defaults,
    vocab_size: 262208,
    max_position_embeddings: 131072,
    sliding_window_pattern: 6,
    final_logit_softcapping: null,
  },
  keys: { types: { 'float | int': 'rope_local_base_freq' }, nullable: 'attention_dropout final_logit_softcapping' },
  describe: (config) => {
    const sizes = readSizes(config);
    const window = readWindow(config);
    const pattern = config.size('sliding_window_pattern');
    const slides = slidingLayers(sizes, (i) => (i + 1) % pattern !== 0);
    config.ignore('attn_logit_softcapping'); // in the config, but never applied
    const ropes = ropesWithWindows(config, sizes.headDim, GEMMA_THETAS);
    return gemmaDecoder(sizes, (i) => ({
      rope: slides[i] ? ropes.sliding : ropes.full,
      window: slides[i] ? window : null,
      ...headNorms(sizes, i, { plusOne: true }),
    }));
  },
};
