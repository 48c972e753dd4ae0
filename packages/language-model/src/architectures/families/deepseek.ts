import type { Config } from '../config.ts';
import type { Decoder, Mlp, Router, RouterGroups } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { type ExpertSizes, gatedExperts, readExpertSizes, sharedExpert, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { type LatentSizes, latentAttention, readLatentSizes } from './latent.ts';
import { type GatedNames, gatedMlp, llamaDecoder, llamaLayer } from './layers.ts';

/**
 * DeepSeek-V2: latent attention, experts chosen from the best groups, and shared ones (arXiv 2405.04434). The weights
 * of the chosen are never divided by their sum, whatever `norm_topk_prob` says.
 */
export const deepseekV2: ModelFamily = {
  modelType: 'deepseek_v2',
  defaults: {
    vocab_size: 102400,
    num_key_value_heads: null,
    first_k_dense_replace: 0,
    kv_lora_rank: 512,
    q_lora_rank: 1536,
    n_routed_experts: 64,
    n_shared_experts: 2,
    qk_nope_head_dim: 128,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    routed_scaling_factor: 1,
    moe_intermediate_size: 1407,
  },
  aliases: { num_experts: 'n_routed_experts' },
  keys: {
    typesHere: { float: 'attention_dropout' },
    nullable: 'attention_dropout head_dim n_group norm_topk_prob num_experts_per_tok num_key_value_heads topk_group',
  },
  describe: (config) => {
    const sizes = readLatentSizes(config);
    const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
    config.ignore('norm_topk_prob');
    config.expect('scoring_func', 'softmax', 'only a softmax over the experts is supported');
    const scale = config.positive('routed_scaling_factor');
    const groups = readV2Groups(experts);
    return deepseekDecoder(sizes, experts, {
      isInterleaved: true,
      bias: config.boolean('mlp_bias'),
      router: (at) => softmaxRouter(`${at}.gate`, experts, { normalize: false, groups, scale }),
    });
  },
};

/** By `topk_method`: all experts as one, or the groups with the best single expert. */
function readV2Groups(experts: ExpertSizes): RouterGroups | null {
  const { config } = experts;
  const method = config.has('topk_method') ? config.text('topk_method') : 'greedy';
  if (method === 'greedy') {
    config.ignore('n_group', 'topk_group');
    return null;
  }
  if (method !== 'group_limited_greedy')
    throw config.unknownWord('topk_method', method, ['greedy', 'group_limited_greedy']);
  return readGroups(experts, { score: 'best', others: 0 });
}

/**
 * DeepSeek-V3, V3.1 and R1: the same, with a sigmoid for each expert and a correction of the choice (arXiv 2412.19437).
 * Layers that predict further tokens are not run.
 */
export const deepseekV3: ModelFamily = {
  modelType: 'deepseek_v3',
  defaults: {
    vocab_size: 129280,
    hidden_size: 7168,
    intermediate_size: 18432,
    moe_intermediate_size: 2048,
    num_hidden_layers: 61,
    num_attention_heads: 128,
    num_key_value_heads: 128,
    n_shared_experts: 1,
    n_routed_experts: 256,
    routed_scaling_factor: 2.5,
    kv_lora_rank: 512,
    q_lora_rank: 1536,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    qk_nope_head_dim: 128,
    n_group: 8,
    topk_group: 4,
    num_experts_per_tok: 8,
    first_k_dense_replace: 3,
    norm_topk_prob: true,
    max_position_embeddings: 4096,
    rope_interleave: true,
  },
  aliases: { num_local_experts: 'n_routed_experts', num_mtp_layers: 'num_nextn_predict_layers' },
  keys: {
    nullable: `
      attention_dropout first_k_dense_replace n_group norm_topk_prob num_experts_per_tok num_key_value_heads
      rope_interleave topk_group v_head_dim`,
  },
  describe: (config) => {
    const sizes = readLatentSizes(config);
    const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
    const { ropeDim } = sizes;
    config.expect('head_dim', ropeDim, `its class rotates so many dimensions, and qk_rope_head_dim is ${ropeDim}`);
    expectCorrected(config);
    return deepseekDecoder(sizes, experts, {
      isInterleaved: config.boolean('rope_interleave'),
      router: correctedRouter(experts),
    });
  },
};

/** The classes compute these whatever the config says. */
export function expectCorrected(config: Config): void {
  config.expect('scoring_func', 'sigmoid', 'only a sigmoid for each expert is supported');
  config.expect('topk_method', 'noaux_tc', 'only a choice with a correction is supported');
}

/** A sigmoid for each expert, with a correction of the choice: `<module>.gate`. */
export function correctedRouter(experts: ExpertSizes): (module: string) => Router {
  const { config, count } = experts;
  const groups = readGroups(experts, { score: 'best two', others: Number.NEGATIVE_INFINITY });
  const normalize = config.boolean('norm_topk_prob') && { added: 1e-20, least: 0 };
  const scale = config.positive('routed_scaling_factor');
  return (module) =>
    softmaxRouter(`${module}.gate`, experts, {
      scores: 'sigmoid',
      correction: { tensor: `${module}.gate.e_score_correction_bias`, shape: [count] },
      groups,
      normalize,
      scale,
    });
}

/** Groups of neighboring experts; null if all are chosen from. */
export function readGroups(
  { config, count, perToken }: ExpertSizes,
  rule: Pick<RouterGroups, 'score' | 'others'>,
): RouterGroups | null {
  const groups = config.size('n_group', count);
  const chosen = config.size('topk_group', groups);
  const size = count / groups;
  if (!Number.isInteger(size)) throw config.error(`${count} experts are not ${groups} groups of one size`);
  if (chosen === groups) return null;
  if (rule.score === 'best two' && size < 2) throw config.error(`groups of ${size} experts have no best two`);
  if (chosen * size < perToken) {
    throw config.error(`${chosen} of ${groups} groups have ${chosen * size} experts, and a token needs ${perToken}`);
  }
  return { count: groups, chosen, ...rule };
}

interface DeepseekParts {
  readonly isInterleaved: boolean;
  /** Do the plain MLPs have biases? */
  readonly bias?: boolean;
  readonly router: (module: string) => Router;
}

/** A decoder with latent attention. Its first layers have a plain MLP, the others experts. */
function deepseekDecoder(sizes: LatentSizes, experts: ExpertSizes, parts: DeepseekParts): Decoder {
  const { config } = sizes;
  const { isInterleaved, ...mlpParts } = parts;
  config.expect('moe_layer_freq', 1, 'only experts in every layer after the first are supported');
  ignoreTraining(config);
  const rope = readRope(config, sizes.ropeDim, { theta: 10000, interleaved: isInterleaved });
  const dense = config.number('first_k_dense_replace');
  const mlp = mlpWithShared(experts, { ...mlpParts, isDense: (i) => i < dense });
  return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, latentAttention(sizes, i, { rope }), { mlp: mlp(i) }));
}

/** Keys about training and about layers that predict further tokens. */
export function ignoreTraining(config: Config): void {
  config.ignore('num_nextn_predict_layers', 'seq_aux', 'aux_loss_alpha');
}

interface MlpParts extends Omit<DeepseekParts, 'isInterleaved'> {
  readonly isDense: (index: number) => boolean;
  readonly names?: GatedNames;
}

/** The MLP of each layer: plain, or experts with some for every token (`shared_experts`). */
export function mlpWithShared(
  experts: ExpertSizes,
  { isDense, router, bias = false, ...names }: MlpParts,
): (index: number) => Mlp {
  const width = experts.config.size('intermediate_size');
  const shared = experts.width * experts.config.size('n_shared_experts');
  return (index) => {
    const at = `layers.${index}.mlp`;
    if (isDense(index)) return gatedMlp(experts, at, { width, bias });
    return gatedExperts(experts, at, {
      ...names,
      router: router(at),
      shared: sharedExpert(experts, `${at}.shared_experts`, { width: shared, bias }),
    });
  };
}
