import type { Decoder, Layer } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readHead, readSizes, type Sizes } from './layers.ts';

/** Defaults of all its config classes. */
export const GRANITE_DEFAULTS = {
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  hidden_act: 'silu',
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  attention_bias: false,
  embedding_multiplier: 1,
  logits_scaling: 1,
  residual_multiplier: 1,
  attention_multiplier: 1,
} as const;

/**
 * Granite 3: Llama with four multipliers (IBM 2024, after μP: arXiv 2203.03466). Compared with transformers 5.24,
 * models/granite/modeling_granite.py.
 */
export const granite: ModelFamily = {
  modelType: 'granite',
  defaults: { ...GRANITE_DEFAULTS, mlp_bias: false },
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const bias = config.boolean('attention_bias');
    const mlpBias = config.boolean('mlp_bias');
    return graniteDecoder(sizes, (i, scale) => llamaLayer(sizes, i, { rope, bias, scale }, { mlpBias }));
  },
};

/** A decoder with Granite's multipliers. The layer is given that of attention. */
export function graniteDecoder(sizes: Sizes, layer: (index: number, attentionScale: number) => Layer): Decoder {
  const { config } = sizes;
  const scale = config.number('attention_multiplier');
  const residualScale = config.number('residual_multiplier');
  return llamaDecoder(sizes, (i) => ({ ...layer(i, scale), residualScale }), {
    embeddingScale: config.number('embedding_multiplier'),
    head: readHead(config, { scale: 1 / config.positive('logits_scaling') }),
  });
}
