import type { Config } from '../config.ts';
import type { Rope } from '../decoder.ts';
import { buildRope, originalMaxPositions, parametersOfType } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import type { ModelFamily } from './family.ts';
import { gemma2, gemmaDecoder } from './gemma2.ts';
import { headNorms, readSizes, readWindow, slidingLayers } from './layers.ts';

const THETA = { full_attention: 1e6, sliding_attention: 1e4 } as const;

/**
 * Gemma 3: norms of queries and keys, five layers with a window to one without, each type with its own rotary base
 * (arXiv 2503.19786). Compared with transformers 5.24, models/gemma3/modeling_gemma3.py.
 */
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
    const ropes = {
      full: readRopeOfType(config, sizes.headDim, 'full_attention'),
      sliding: readRopeOfType(config, sizes.headDim, 'sliding_attention'),
    };
    return gemmaDecoder(sizes, (i) => ({
      rope: slides[i] ? ropes.sliding : ropes.full,
      window: slides[i] ? window : null,
      ...headNorms(sizes, i, { plusOne: true }),
    }));
  },
};

/** Older configs have `rope_scaling` for the layers without a window, and a base of their own for the others. */
export function readRopeOfType(config: Config, headDim: number, type: keyof typeof THETA): Rope {
  const scaling = config.object('rope_scaling');
  const byType = config.object('rope_parameters');
  ropeNumber(config, scaling ?? {}, 'rope_theta');
  if (byType && !Object.keys(THETA).some((name) => name in byType)) {
    throw config.error('rope_parameters has neither "full_attention" nor "sliding_attention"');
  }
  const parameters = parametersOfType(config, byType, type);
  const full = config.optionalNumber('rope_theta');
  const local = config.optionalNumber('rope_local_base_freq');
  const theta = (type === 'full_attention' ? full : local) ?? THETA[type];
  // The class has a rope_type by then, and reads no other name of it.
  if (scaling !== null && 'type' in scaling && !('rope_type' in scaling)) {
    throw config.error('rope_scaling has "type", and no "rope_type"');
  }
  const scaled = type === 'full_attention' && scaling !== null ? { ...parameters, ...scaling } : parameters;
  return buildRope(
    config,
    headDim,
    { rope_theta: theta, ...scaled },
    { theta, original: originalMaxPositions(config, scaled) },
  );
}
