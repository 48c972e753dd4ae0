import { ropesWithWindows } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { readSizes, readWindow, slidingLayers } from './layers.ts';
import { olmo2, olmoDecoder } from './olmo2.ts';

/** OLMo 3 (arXiv 2512.13961): OLMo 2 with a window in three of four layers, and scaled positions in the others. */
export const olmo3: ModelFamily = {
  modelType: 'olmo3',
  defaults: { ...olmo2.defaults, sliding_window: 4096 },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const window = readWindow(config);
    const slides = slidingLayers(sizes, (i) => (i + 1) % 4 !== 0);
    const ropes = ropesWithWindows(config, sizes.headDim, { full: 5e5, sliding: 5e5 });
    return olmoDecoder(sizes, (i) => ({
      rope: slides[i] ? ropes.sliding : ropes.full,
      window: slides[i] ? window : null,
    }));
  },
};
