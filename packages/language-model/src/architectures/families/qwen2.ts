import type { Config } from '../config.ts';
import type { Decoder } from '../decoder.ts';
import { type RopeDefaults, readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes, readWindow, type Sizes, slidingLayers } from './layers.ts';

const defaults = {
  vocab_size: 151936,
  intermediate_size: 22016,
  num_key_value_heads: 32,
  max_position_embeddings: 32768,
  use_sliding_window: false,
  sliding_window: 4096,
  max_window_layers: 28,
};

/** Qwen 2 and 2.5: biases on queries, keys and values; later layers can have a window (arXiv 2407.10671). */
export const qwen2: ModelFamily = {
  modelType: 'qwen2',
  defaults,
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => describeQwen2(config, { theta: 10000, mayNameHeadDim: true }),
};

/** The text model of Qwen2.5-VL: Qwen 2.5 with other defaults (arXiv 2502.13923). */
export const qwen25VlText: ModelFamily = {
  modelType: 'qwen2_5_vl_text',
  defaults: {
    ...defaults,
    vocab_size: 152064,
    hidden_size: 8192,
    intermediate_size: 29568,
    num_hidden_layers: 80,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    max_window_layers: 80,
  },
  keys: { nullable: 'attention_dropout max_window_layers num_key_value_heads use_sliding_window' },
  describe: (config) =>
    describeQwen2(config, {
      theta: 1e6,
      mayNameHeadDim: false,
      renamed: { mrope: 'default' },
      sections: { missing: [16, 24, 24], isWhole: true },
    }),
};

/** The text model of Qwen2-VL (arXiv 2409.12191). */
export const qwen2VlText: ModelFamily = { ...qwen25VlText, modelType: 'qwen2_vl_text' };

function describeQwen2(
  config: Config,
  { mayNameHeadDim, ...rotary }: RopeDefaults & { readonly mayNameHeadDim: boolean },
): Decoder {
  if (!mayNameHeadDim) config.ignore('head_dim');
  const sizes = readSizes(config, { hasHeadDim: mayNameHeadDim });
  const rope = readRope(config, sizes.headDim, rotary);
  config.ignore('dual_chunk_attention_config'); // for servers with such an attention
  const windows = qwenSliding(sizes);
  return llamaDecoder(sizes, (i) =>
    llamaLayer(sizes, i, { rope, bias: true, outputBias: false, window: windows[i] ?? null }),
  );
}

/** The window of each layer: layers from `max_window_layers` on have one, if windows are turned on. */
export function qwenSliding(sizes: Sizes): (number | null)[] {
  const { config } = sizes;
  const isOn = config.boolean('use_sliding_window');
  const window = readWindow(config);
  const first = config.number('max_window_layers');
  const used = isOn ? window : null;
  return slidingLayers(sizes, (i) => used !== null && i >= first).map((slides) => (slides ? used : null));
}
