import type { Config } from '../config.ts';
import type { Temperature } from '../decoder.ts';
import { type Parameters, readRope, ropeParameters } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import { deepseekV3, mlpWithShared, readGroups } from './deepseek.ts';
import { readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { latentAttention, readLatentSizes } from './latent.ts';
import { llamaDecoder, llamaLayer, readSizes, readWindow, type Sizes } from './layers.ts';

/** Rotary parameters for a config without them. */
const MINISTRAL_YARN = {
  rope_type: 'yarn',
  rope_theta: 1e6,
  factor: 16,
  original_max_position_embeddings: 16384,
  beta_fast: 32,
  beta_slow: 1,
  mscale_all_dim: 1,
  mscale: 1,
  llama_4_scaling_beta: 0.1,
};

/** Keys among the rotary parameters that YaRN does not read. */
const TEMPERATURE_KEYS = ['llama_4_scaling_beta', 'max_position_embeddings'];

/** Ministral 3 (arXiv 2601.08584): Mistral with YaRN, and queries that grow beyond the original length. */
export const ministral3: ModelFamily = {
  modelType: 'ministral3',
  defaults: {
    vocab_size: 131072,
    intermediate_size: 14336,
    num_hidden_layers: 34,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 262144,
    rms_norm_eps: 1e-5,
    sliding_window: null,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000, missing: MINISTRAL_YARN, more: TEMPERATURE_KEYS });
    const temperature = readTemperature(config, ropeParameters(config, { missing: MINISTRAL_YARN }));
    const window = readWindow(config);
    config.ignore('layer_types'); // every layer has the window, or none
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, window, temperature }));
  },
};

/**
 * The temperature among the rotary parameters, or null if it changes nothing.
 * @throws UserError if it is missing: transformers does not run such a model either
 */
function readTemperature(config: Config, parameters: Parameters): Temperature | null {
  const scale = ropeNumber(config, parameters, 'llama_4_scaling_beta');
  if (scale === null) throw config.error('the rotary parameters lack "llama_4_scaling_beta"');
  const length =
    ropeNumber(config, parameters, 'original_max_position_embeddings') ?? config.size('max_position_embeddings');
  if (length <= 0) throw config.error(`original_max_position_embeddings is ${length}, and must be positive`);
  return scale === 0 ? null : { scale, length, offset: 0 };
}

/** Rotary parameters for a config without them. */
const MISTRAL4_YARN = { ...MINISTRAL_YARN, rope_theta: 10000, factor: 128, original_max_position_embeddings: 8192 };

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
    const parameters = ropeParameters(config, { missing: MISTRAL4_YARN });
    const rope = readRope(config, sizes.headDim, {
      theta: 10000,
      interleaved: config.boolean('rope_interleave'),
      partial: sizes.ropeDim / sizes.headDim,
      mayBePartial: true,
      missing: MISTRAL4_YARN,
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
