import type { ModelFamily } from './family.ts';
import { GPT2_ALIASES, gpt2, gpt2Decoder } from './gpt2.ts';
import { fusedProjections, linear, plainMlp, projectionsByHead, readSizes } from './layers.ts';

/** SantaCoder, StarCoder (arXiv 2301.03988, 2305.06161): GPT-2, in most models with one key and value for all heads. */
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
    const scale = config.boolean('scale_attn_weights') ? 1 / Math.sqrt(headDim) : 1;
    config.expect('add_cross_attention', false, 'only decoders are supported');
    config.expect('num_key_value_heads', keyValueHeads, 'multi_query says how many there are');
    // Keys of the inference code of its first files; the class does not read them.
    config.ignore('inference_runner', 'pad_key_length', 'pre_allocate_kv_cache', 'validate_runner_input');
    const projections = keyValueHeads === 1 ? fusedProjections : projectionsByHead;
    const mlp = plainMlp(sizes, {
      width: config.numberOrNull('n_inner') ?? 4 * hidden,
      names: ['c_fc', 'c_proj'],
      activation: () => config.activation('activation_function'),
    });
    const output = hidden + 2 * keyValueHeads * headDim;
    return gpt2Decoder(sizes, mlp, (at) => ({
      projections: projections(linear(`${at}.c_attn`, hidden, output, { bias: true }), sizes),
      output: linear(`${at}.c_proj`, hidden, hidden, { bias: true }),
      scale,
    }));
  },
};
