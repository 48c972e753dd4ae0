import type { Config } from '../config.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { allHeadsNorms, llamaDecoder, llamaLayer, NUMBERED_NAMES, readSizes } from './layers.ts';

/** MiniMax-M2 (2025): norms over all queries and all keys, half-rotated heads, experts by a corrected sigmoid. */
export const minimaxM2: ModelFamily = {
  modelType: 'minimax_m2',
  defaults: {
    vocab_size: 200064,
    hidden_size: 3072,
    intermediate_size: 1536,
    num_hidden_layers: 62,
    num_attention_heads: 48,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 196608,
    num_experts_per_tok: 8,
    num_local_experts: 256,
  },
  aliases: { num_experts: 'num_local_experts' },
  describe: (config) => {
    const sizes = readSizes(config);
    const { headDim } = sizes;
    const rotated = config.optionalNumber('rotary_dim') ?? headDim;
    const rope = readRope(config, headDim, { theta: 5e6, partial: rotated / headDim, mayBePartial: true });
    const experts = readExpertSizes(sizes, { count: 'num_local_experts', width: 'intermediate_size' });
    expectItsOwn(config);
    config.expect('sliding_window', null, 'this family has no window');
    return llamaDecoder(sizes, (i) => {
      const at = `layers.${i}.block_sparse_moe`;
      const mlp = gatedExperts(experts, at, {
        names: NUMBERED_NAMES,
        router: softmaxRouter(`${at}.gate`, experts, {
          alias: `layers.${i}.mlp.gate`,
          scores: 'sigmoid',
          correction: { tensor: `${at}.e_score_correction_bias`, shape: [experts.count] },
        }),
        stacked: stackedExperts(`layers.${i}.mlp.experts`),
      });
      return llamaLayer(sizes, i, { rope, ...allHeadsNorms(sizes, i) }, { mlp });
    });
  },
};

/** The class does not read these keys; the authors' own code does, and computes something else for other values. */
function expectItsOwn(config: Config): void {
  const why = 'only that of MiniMax-M2 is supported';
  config.expect('scoring_func', 'sigmoid', why);
  config.expect('use_qk_norm', true, why);
  config.expect('qk_norm_type', 'per_layer', why);
  config.expect('use_routing_bias', true, why);
  const types = config.list('attn_type_list') ?? [];
  if (types.some((type) => type !== 1)) throw config.error('attn_type_list has layers without full attention');
  config.ignore('mlp_intermediate_size', 'shared_moe_mode', 'use_mtp', 'num_mtp_modules', 'mtp_transformer_layers');
  for (const kind of ['full_attention', 'linear_attention', 'mlp']) {
    for (const letter of ['alpha', 'beta']) config.ignore(`layernorm_${kind}_${letter}`);
  }
}
