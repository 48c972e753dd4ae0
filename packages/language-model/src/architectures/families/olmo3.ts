import type { Config } from '../config.ts';
import type { Rope } from '../decoder.ts';
import { buildRope, originalMaxPositions, parametersOfType } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import type { ModelFamily } from './family.ts';
import { readSizes, readWindow, slidingLayers } from './layers.ts';
import { olmo2, olmoDecoder } from './olmo2.ts';

/** Every fourth layer sees all positions. */
const PERIOD = 4;
const THETA = 5e5;
const TYPES = ['full_attention', 'sliding_attention'] as const;

/**
 * OLMo 3: OLMo 2 with a window in three of four layers, and a length scaling of rotary positions in the others only
 * (Olmo team 2025, arXiv 2512.13961). Read from transformers 5.24, models/olmo3/modular_olmo3.py and
 * configuration_olmo3.py.
 */
export const olmo3: ModelFamily = {
  modelType: 'olmo3',
  defaults: { ...olmo2.defaults, sliding_window: 4096 },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const window = readWindow(config);
    const slides = slidingLayers(sizes, (i) => (i + 1) % PERIOD !== 0);
    const ropes = {
      full: readRopeOfType(config, sizes.headDim, 'full_attention'),
      sliding: readRopeOfType(config, sizes.headDim, 'sliding_attention'),
    };
    return olmoDecoder(sizes, (i) => ({
      rope: slides[i] ? ropes.sliding : ropes.full,
      window: slides[i] ? window : null,
    }));
  },
};

/**
 * In older configs, `rope_scaling` and `rope_theta` are those of the layers without a window; the others have the
 * default base.
 */
function readRopeOfType(config: Config, headDim: number, type: (typeof TYPES)[number]): Rope {
  const scaling = config.object('rope_scaling');
  const byType = config.object('rope_parameters');
  ropeNumber(config, scaling ?? {}, 'rope_theta');
  if (byType && !TYPES.some((name) => name in byType)) {
    throw config.error('rope_parameters has neither "full_attention" nor "sliding_attention"');
  }
  if (scaling !== null && 'type' in scaling && !('rope_type' in scaling)) {
    throw config.error('rope_scaling has "type", and no "rope_type"');
  }
  const parameters = parametersOfType(config, byType, type);
  const beside = config.optionalNumber('rope_theta');
  const isFull = type === 'full_attention';
  const own = { rope_theta: (isFull ? beside : null) ?? THETA, ...parameters, ...(isFull ? scaling : null) };
  return buildRope(config, headDim, own, { theta: THETA, original: originalMaxPositions(config, own) });
}
