import type { Config } from '../config.ts';
import { readRope } from '../rope.ts';
import { correctedRouter, expectCorrected, ignoreTraining, mlpWithShared } from './deepseek.ts';
import { readExpertSizes } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { latentAttention, readLatentSizes } from './latent.ts';
import { headNorms, llamaDecoder, llamaLayer, readSizes } from './layers.ts';

/**
 * GLM-4.5, 4.6 and 4.7: DeepSeek-V3's experts, attention with half of each head rotated, and in larger models norms of
 * queries and keys (arXiv 2508.06471).
 */
export const glm4Moe: ModelFamily = {
  modelType: 'glm4_moe',
  defaults: {
    vocab_size: 151552,
    intermediate_size: 10944,
    num_hidden_layers: 46,
    num_attention_heads: 96,
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    moe_intermediate_size: 1408,
    num_experts_per_tok: 8,
    n_shared_experts: 1,
    n_routed_experts: 128,
    routed_scaling_factor: 1,
    n_group: 1,
    topk_group: 1,
    first_k_dense_replace: 1,
    norm_topk_prob: true,
    use_qk_norm: false,
  },
  aliases: { num_local_experts: 'n_routed_experts', num_mtp_layers: 'num_nextn_predict_layers' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000, partial: 0.5, mayBePartial: true });
    const bias = config.boolean('attention_bias');
    const hasNorms = config.boolean('use_qk_norm');
    const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
    const dense = config.number('first_k_dense_replace');
    ignoreTraining(config);
    const mlp = mlpWithShared(experts, { router: correctedRouter(experts), isDense: (i) => i < dense });
    return llamaDecoder(sizes, (i) => {
      const norms = hasNorms ? headNorms(sizes, i) : {};
      return llamaLayer(sizes, i, { rope, bias, outputBias: false, ...norms }, { mlp: mlp(i) });
    });
  },
};

/** GLM-4.7-Flash: GLM-4.7 with DeepSeek-V3's latent attention. */
export const glm4MoeLite: ModelFamily = {
  modelType: 'glm4_moe_lite',
  defaults: {
    vocab_size: 154880,
    hidden_size: 2048,
    intermediate_size: 10240,
    moe_intermediate_size: 1536,
    num_hidden_layers: 47,
    num_attention_heads: 20,
    num_key_value_heads: 20,
    n_shared_experts: 1,
    n_routed_experts: 64,
    routed_scaling_factor: 1.8,
    kv_lora_rank: 512,
    q_lora_rank: 768,
    qk_rope_head_dim: 64,
    v_head_dim: 256,
    qk_nope_head_dim: 192,
    n_group: 1,
    topk_group: 1,
    num_experts_per_tok: 4,
    norm_topk_prob: true,
    max_position_embeddings: 202752,
    rms_norm_eps: 1e-5,
    rope_interleave: true,
  },
  aliases: { num_local_experts: 'n_routed_experts', head_dim: 'qk_rope_head_dim' },
  keys: { nullable: 'num_nextn_predict_layers', notNull: 'pretraining_tp' },
  describe: (config) => {
    const sizes = readLatentSizes(config);
    const rope = readRope(config, sizes.ropeDim, { theta: 10000, interleaved: config.boolean('rope_interleave') });
    const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
    expectCorrected(config);
    config.ignore('first_k_dense_replace'); // in the config, but the class goes by mlp_layer_types
    ignoreTraining(config);
    const types = readMlpTypes(config, sizes.layers);
    const mlp = mlpWithShared(experts, { router: correctedRouter(experts), isDense: (i) => types[i] === 'dense' });
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, latentAttention(sizes, i, { rope }), { mlp: mlp(i) }));
  },
};

/** The MLPs of layers: plain (`dense`) or with experts (`sparse`). By default, the first ones are dense. */
export function readMlpTypes(config: Config, layers: number, first = 1): readonly unknown[] {
  const types =
    config.list('mlp_layer_types') ?? Array.from({ length: layers }, (_, i) => (i < first ? 'dense' : 'sparse'));
  if (types.length !== layers) throw config.error(`mlp_layer_types has ${types.length} entries for ${layers} layers`);
  const unknown = types.find((type) => type !== 'dense' && type !== 'sparse');
  if (unknown !== undefined) throw config.unknownWord('an entry of mlp_layer_types', unknown, ['dense', 'sparse']);
  return types;
}
