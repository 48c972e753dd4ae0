import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { eachLayer, llamaDecoder, llamaLayer, readSizes, readWindow, slidingLayers } from './layers.ts';

/** SmolLM 3: Llama with some layers without positions (NoPE: Yang et al. 2025, arXiv 2501.18795). */
export const smollm3: ModelFamily = {
  modelType: 'smollm3',
  defaults: {
    vocab_size: 128256,
    hidden_size: 2048,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    max_position_embeddings: 32768,
    tie_word_embeddings: true,
    use_sliding_window: false,
    sliding_window: null,
    no_rope_layer_interval: 4,
  },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 2e6 });
    const interval = config.size('no_rope_layer_interval');
    const written = config.list('no_rope_layers');
    if (written && written.length < sizes.layers) {
      throw config.error(`no_rope_layers has ${written.length} entries for ${sizes.layers} layers`);
    }
    // Contrary to its name, 1 means a layer with positions.
    const turns = eachLayer(sizes, (i) => (written ? Boolean(written[i]) : (i + 1) % interval !== 0));
    const window = readWindow(config);
    const isOn = config.boolean('use_sliding_window');
    const slides = slidingLayers(sizes, (i) => isOn && window !== null && !turns[i]);
    const bias = config.boolean('attention_bias');
    const mlpBias = config.boolean('mlp_bias');
    return llamaDecoder(sizes, (i) =>
      llamaLayer(sizes, i, { rope: turns[i] ? rope : null, bias, window: slides[i] ? window : null }, { mlpBias }),
    );
  },
};
