import type { Decoder } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  type AttentionChanges,
  block,
  gatedMlp,
  llamaDecoder,
  plainAttention,
  readHead,
  readSizes,
  readWindow,
  rmsNorms,
  type Sizes,
  type StreamNorm,
  slidingLayers,
} from './layers.ts';

/** Gemma 2 (arXiv 2408.00118): four norms per layer, capped logits, a window in every other layer. */
export const gemma2: ModelFamily = {
  modelType: 'gemma2',
  defaults: {
    vocab_size: 256000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    final_logit_softcapping: 30,
    attn_logit_softcapping: 50,
  },
  keys: { nullable: 'attention_dropout final_logit_softcapping' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const window = readWindow(config);
    const slides = slidingLayers(sizes, (i) => i % 2 === 0);
    const softcap = config.numberOrNull('attn_logit_softcapping');
    return gemmaDecoder(sizes, (i) => ({ rope, softcap, window: slides[i] ? window : null }));
  },
};

/** Norms before and after both halves of a block, with Gemma's names. */
export function sandwichNorms(module: string, norm: StreamNorm) {
  return {
    attentionNorm: norm(`${module}.input_layernorm`),
    attentionOutputNorm: norm(`${module}.post_attention_layernorm`),
    mlpNorm: norm(`${module}.pre_feedforward_layernorm`),
    mlpOutputNorm: norm(`${module}.post_feedforward_layernorm`),
  };
}

/** The common parts of Gemma 2 and 3. */
export function gemmaDecoder(sizes: Sizes, attention: (index: number) => AttentionChanges): Decoder {
  const { config } = sizes;
  config.ignore('hidden_act', 'sliding_window_size'); // the model class reads hidden_activation and sliding_window
  config.expect('use_bidirectional_attention', false, 'only causal attention is supported');
  const norm = rmsNorms(sizes, { plusOne: true });
  const layer = (i: number) =>
    block({
      mixer: plainAttention(`layers.${i}.self_attn`, sizes, {
        bias: config.boolean('attention_bias'),
        scale: 1 / Math.sqrt(config.positive('query_pre_attn_scalar')),
        ...attention(i),
      }),
      mlp: gatedMlp(sizes, `layers.${i}.mlp`, { activation: config.activation('hidden_activation') }),
      ...sandwichNorms(`layers.${i}`, norm),
    });
  return llamaDecoder(sizes, layer, {
    norm,
    embeddingScale: Math.sqrt(sizes.hidden),
    head: readHead(config, { softcap: config.numberOrNull('final_logit_softcapping') }),
  });
}
