import { readRope, ropeParameters } from '../rope.ts';
import { deepseekV3, mlpWithShared, readGroups } from './deepseek.ts';
import { readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { latentAttention, readLatentSizes } from './latent.ts';
import { llamaDecoder, llamaLayer, type Sizes } from './layers.ts';
import { MISTRAL_YARN, readTemperature, TEMPERATURE_KEYS } from './ministral3.ts';

/** Rotary parameters for a config without them. */
const MISSING = { ...MISTRAL_YARN, rope_theta: 10000, factor: 128, original_max_position_embeddings: 8192 };

/** Mistral Small 4: DeepSeek's latent attention, Ministral 3's growing queries, experts chosen by a softmax. */
export const mistral4: ModelFamily = {
  modelType: 'mistral4',
  defaults: {
    ...deepseekV3.defaults,
    vocab_size: 131072,
    hidden_size: 4096,
    intermediate_size: 12288,
    num_hidden_layers: 36,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    n_routed_experts: 128,
    routed_scaling_factor: 1,
    kv_lora_rank: 256,
    q_lora_rank: 1024,
    qk_nope_head_dim: 64,
    n_group: 1,
    topk_group: 1,
    num_experts_per_tok: 4,
    first_k_dense_replace: 0,
    max_position_embeddings: 1048576,
  },
  aliases: { num_local_experts: 'n_routed_experts' },
  keys: {
    nullable: `
      attention_dropout first_k_dense_replace n_group norm_topk_prob num_experts_per_tok num_key_value_heads
      num_nextn_predict_layers rope_interleave topk_group v_head_dim`,
  },
  describe: (config) => {
    const sizes = readLatentSizes(config);
    config.expect('head_dim', sizes.headDim, 'it is the sum of qk_nope_head_dim and qk_rope_head_dim');
    const parameters = ropeParameters(config, { missing: MISSING });
    const rope = readRope(config, sizes.headDim, {
      theta: 10000,
      interleaved: config.boolean('rope_interleave'),
      partial: sizes.ropeDim / sizes.headDim,
      mayBePartial: true,
      missing: MISSING,
      more: TEMPERATURE_KEYS,
    });
    if (rope.dim !== sizes.ropeDim) {
      throw config.error(
        `partial_rotary_factor gives ${rope.dim} dimensions, and qk_rope_head_dim is ${sizes.ropeDim}`,
      );
    }
    const temperature = readTemperature(config, parameters);
    const mlp = mlps(sizes);
    return llamaDecoder(sizes, (i) =>
      llamaLayer(sizes, i, { ...latentAttention(sizes, i, { rope, parameters }), temperature }, { mlp: mlp(i) }),
    );
  },
};

function mlps(sizes: Sizes) {
  const { config } = sizes;
  const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
  const dense = config.number('first_k_dense_replace');
  const groups = readGroups(experts, { score: 'best two', others: 0 });
  const normalize = config.boolean('norm_topk_prob') && { added: 1e-20, least: 0 };
  const scale = config.positive('routed_scaling_factor');
  return mlpWithShared(experts, {
    isDense: (i) => i < dense,
    router: (at) => softmaxRouter(`${at}.gate`, experts, { groups, normalize, scale }),
  });
}
