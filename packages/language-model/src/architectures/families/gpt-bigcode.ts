import type { Projections } from '../decoder.ts';
import type { ModelFamily } from './family.ts';
import { GPT2_ALIASES, gpt2 } from './gpt2.ts';
import {
  decoder,
  eachLayer,
  layerNorm,
  linear,
  namings,
  plainAttention,
  plainMlp,
  preNormLayer,
  readSizes,
} from './layers.ts';

/**
 * GPT-BigCode (SantaCoder, StarCoder): GPT-2 with plain linear layers, where all heads share one key and value (arXiv
 * 2301.03988, 2305.06161), or each has its own, adjacent to its query. Read from transformers 5.24,
 * models/gpt_bigcode/modeling_gpt_bigcode.py.
 */
export const gptBigCode: ModelFamily = {
  modelType: 'gpt_bigcode',
  defaults: { ...gpt2.defaults, activation_function: 'gelu_pytorch_tanh', multi_query: true },
  aliases: GPT2_ALIASES,
  keys: {
    notNull: `
      attention_softmax_in_fp32 attn_pdrop embd_pdrop multi_query resid_pdrop scale_attention_softmax_in_fp32`,
  },
  describe: (config) => {
    const base = readSizes(config, { hasHeadDim: false, hasKeyValueHeads: false });
    const { heads, headDim, hidden } = base;
    const keyValueHeads = config.boolean('multi_query') ? 1 : heads;
    const sizes = { ...base, keyValueHeads };
    const epsilon = config.positive('layer_norm_epsilon');
    const scale = config.boolean('scale_attn_weights') ? 1 / Math.sqrt(headDim) : 1;
    config.expect('add_cross_attention', false, 'only decoders are supported');
    config.expect('num_key_value_heads', keyValueHeads, 'multi_query says how many there are');
    // Keys of the inference code of its first files; the class does not read them.
    config.ignore('inference_runner', 'pad_key_length', 'pre_allocate_kv_cache', 'validate_runner_input');
    const split: Pick<Extract<Projections, { kind: 'fused' }>, 'groups' | 'split'> = keyValueHeads === 1
      ? { groups: 1, split: [heads, 1, 1] }
      : { groups: heads, split: [1, 1, 1] };
    const mlp = plainMlp(sizes, {
      width: config.numberOrNull('n_inner') ?? 4 * hidden,
      names: ['c_fc', 'c_proj'],
      activation: () => config.activation('activation_function'),
    });
    return decoder(sizes, {
      embeddings: 'wte',
      positions: { module: 'wpe', offset: 0 },
      namings: namings('transformer.'),
      layers: eachLayer(sizes, (i) => {
        const at = `h.${i}.attn`;
        const output = hidden + 2 * keyValueHeads * headDim;
        return preNormLayer(
          plainAttention(at, sizes, {
            rope: null,
            projections: { kind: 'fused', linear: linear(`${at}.c_attn`, hidden, output, { bias: true }), ...split },
            output: linear(`${at}.c_proj`, hidden, hidden, { bias: true }),
            scale,
          }),
          mlp(`h.${i}.mlp`),
          layerNorm(`h.${i}.ln_1`, hidden, epsilon),
          layerNorm(`h.${i}.ln_2`, hidden, epsilon),
        );
      }),
      finalNorm: layerNorm('ln_f', hidden, epsilon),
    });
  },
};
