import type { Config } from '../config.ts';
import type { Layer } from '../decoder.ts';
import type { GatedDelta } from '../recurrent.ts';
import { correctedRouter, ignoreTraining, mlpWithShared } from './deepseek.ts';
import { readExpertSizes } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { readMlpTypes } from './glm-moe.ts';
import { latentAttention, readLatentSizes } from './latent.ts';
import { layerTypes, linear, llamaDecoder, llamaLayer, NUMBERED_NAMES, rmsNorm, type Sizes } from './layers.ts';

const TYPES = ['full_attention', 'linear_attention'] as const;
type LayerType = (typeof TYPES)[number];

/**
 * Kimi Linear: three layers of delta attention, with a decay for each channel of a key, to one of latent attention
 * without positions, and DeepSeek-V3's experts (arXiv 2510.26692).
 */
export const kimiLinear: ModelFamily = {
  modelType: 'kimi_linear',
  defaults: {
    vocab_size: 163840,
    hidden_size: 2304,
    intermediate_size: 9216,
    moe_intermediate_size: 1024,
    num_hidden_layers: 27,
    num_key_value_heads: 32,
    n_shared_experts: 1,
    routed_scaling_factor: 2.446,
    kv_lora_rank: 512,
    q_lora_rank: null,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    qk_nope_head_dim: 128,
    n_group: 1,
    topk_group: 1,
    num_experts_per_tok: 8,
    norm_topk_prob: true,
    max_position_embeddings: 1048576,
    rms_norm_eps: 1e-5,
    num_local_experts: 256,
    first_k_dense_replace: 1,
    linear_head_dim: 128,
    linear_num_heads: 32,
    linear_conv_kernel_dim: 4,
  },
  aliases: {
    model_max_length: 'max_position_embeddings',
    moe_renormalize: 'norm_topk_prob',
    num_expert_group: 'n_group',
    num_experts: 'num_local_experts',
    num_experts_per_token: 'num_experts_per_tok',
    num_shared_experts: 'n_shared_experts',
  },
  keys: {
    types: {
      bool: 'moe_renormalize',
      int: 'linear_head_dim linear_num_heads num_expert_group num_experts_per_token',
    },
    typesHere: { int: 'model_max_length' },
    nullable: 'attention_dropout num_key_value_heads',
  },
  describe: (config) => {
    const sizes = readLatentSizes(config);
    const { types, ...linearSizes } = readLinear(sizes);
    const experts = readExpertSizes(sizes, { count: 'num_local_experts' });
    expectItsOwn(config);
    const mlpTypes = readMlpTypes(config, sizes.layers, config.number('first_k_dense_replace'));
    const mlp = mlpWithShared(experts, {
      router: correctedRouter(experts),
      isDense: (i) => mlpTypes[i] === 'dense',
      names: NUMBERED_NAMES,
    });
    const delta = deltaAttention(config, sizes.hidden, linearSizes);
    const layer = (i: number): Layer => {
      const attention = latentAttention(sizes, i, { rope: null, parameters: {} });
      const full = llamaLayer(sizes, i, attention, { mlp: mlp(i) });
      return types[i] === 'full_attention' ? full : { ...full, mixer: delta(`layers.${i}.self_attn`) };
    };
    return llamaDecoder(sizes, layer, {
      // The class ties nothing, whatever its config says.
      head: { tied: false, scale: 1, softcap: null },
      fileNames: [
        { own: '.mlp.', file: '.block_sparse_moe.' },
        { own: '.forget_gate.', file: '.' },
      ],
    });
  },
};

interface LinearSizes {
  readonly heads: number;
  readonly headDim: number;
  readonly kernel: number;
}

/** In files on the Hub, a section of the config about delta attention has priority. */
function readLinear(sizes: Sizes): LinearSizes & { readonly types: readonly LayerType[] } {
  const { config } = sizes;
  const section = config.object('linear_attn_config') ?? {};
  if (config.has('linear_attn_config') && config.object('linear_attn_config') === null) {
    throw config.error('linear_attn_config is null');
  }
  const known = ['head_dim', 'num_heads', 'short_conv_kernel_size', 'full_attn_layers', 'kda_layers'];
  const foreign = Object.keys(section).find((key) => !known.includes(key));
  if (foreign !== undefined) throw config.error(`linear_attn_config has the unknown key ${JSON.stringify(foreign)}`);
  const size = (key: string, beside: string) => {
    const usual = config.size(beside);
    const { [key]: value = usual } = section;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw config.error(`${key} of linear_attn_config is ${JSON.stringify(value)}, not a positive integer`);
  };
  return {
    heads: size('num_heads', 'linear_num_heads'),
    headDim: size('head_dim', 'linear_head_dim'),
    kernel: size('short_conv_kernel_size', 'linear_conv_kernel_dim'),
    types: readTypes(sizes, section),
  };
}

/** By the numbers of layers, from 1 on, if the config has them. */
function readTypes(
  sizes: Sizes,
  { full_attn_layers: full, kda_layers: delta }: Readonly<Record<string, unknown>>,
): LayerType[] {
  const byDefault = (i: number) => (i > 0 && i % 4 === 0 ? 'full_attention' : 'linear_attention');
  if (full === undefined || delta === undefined) return layerTypes(sizes, TYPES, byDefault);
  const numbers = [full, delta].flatMap((list) => {
    if (Array.isArray(list)) return list as unknown[];
    throw sizes.config.error('full_attn_layers and kda_layers of linear_attn_config are not lists');
  });
  const isOnce = (number: number) => numbers.filter((item) => item === number).length === 1;
  if (numbers.length !== sizes.layers || !numbers.every((_, i) => isOnce(i + 1))) {
    throw sizes.config.error(
      `full_attn_layers and kda_layers are not the numbers 1 to ${sizes.layers}, each in one of them`,
    );
  }
  return layerTypes(sizes, TYPES, (i) =>
    numbers.indexOf(i + 1) < (full as unknown[]).length ? 'full_attention' : 'linear_attention',
  );
}

/** The class does not read these keys; the authors' own code does, and computes something else for other values. */
function expectItsOwn(config: Config): void {
  config.expect('mla_use_nope', true, 'latent attention has no positions here');
  config.expect('moe_layer_freq', 1, 'only experts in every layer after the first are supported');
  config.expect('moe_router_activation_func', 'sigmoid', 'only a sigmoid for each expert is supported');
  config.expect('use_grouped_topk', true, 'only a choice by groups is supported');
  for (const key of ['rope_scaling', 'rope_parameters']) config.expect(key, null, 'there are no positions to scale');
  config.ignore('rope_theta');
  ignoreTraining(config);
}

function deltaAttention(
  config: Config,
  hidden: number,
  { heads, headDim, kernel }: LinearSizes,
): (module: string) => GatedDelta {
  const width = heads * headDim;
  return (module) => {
    const layer = (name: string, input: number, output: number) => linear(`${module}.${name}`, input, output);
    const gate = `${module}.forget_gate`;
    return {
      kind: 'gated-delta',
      keyHeads: heads,
      valueHeads: heads,
      keyDim: headDim,
      valueDim: headDim,
      projections: {
        kind: 'decays by channel',
        query: layer('q_proj', hidden, width),
        key: layer('k_proj', hidden, width),
        value: layer('v_proj', hidden, width),
        gate: [layer('g_a_proj', hidden, headDim), layer('g_b_proj', headDim, width)],
        beta: layer('b_proj', hidden, heads),
        decay: [layer('forget_gate.f_a_proj', hidden, headDim), layer('forget_gate.f_b_proj', headDim, width)],
      },
      convolution: {
        module: `${module}.conv1d`,
        parts: ['q', 'k', 'v'].map((name) => ({ module: `${module}.${name}_conv1d`, channels: width })),
        channels: 3 * width,
        kernel,
        bias: false,
        activation: config.activation('hidden_act'),
      },
      logDecay: `${gate}.A_log`,
      timeBias: `${gate}.dt_bias`,
      norm: rmsNorm(`${module}.o_norm`, headDim, config.positive('rms_norm_eps')),
      gateActivation: 'sigmoid',
      output: layer('o_proj', width, hidden),
    };
  };
}
