import type { Config } from '../config.ts';
import type { Experts, Mixer, Mlp } from '../decoder.ts';
import { correctedRouter } from './deepseek.ts';
import { readExpertSizes } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  linear,
  MAX_LAYERS,
  plainAttention,
  plainMlp,
  readSizes,
  rmsNorms,
  type Sizes,
} from './layers.ts';
import { mamba2 } from './mamba2.ts';

/**
 * Nemotron-H and Nemotron 3 (arXiv 2504.03624): each layer is Mamba-2, attention without positions, an MLP with squared
 * ReLU, or a mixture of such experts, which can see a smaller vector. Layers that predict further tokens (`mtp.`) are
 * not run.
 */
export const nemotronH: ModelFamily = {
  modelType: 'nemotron_h',
  defaults: {
    vocab_size: 131072,
    num_hidden_layers: 4,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 4096,
    intermediate_size: 21504,
    mlp_hidden_act: 'relu2',
    ssm_state_size: 128,
    mamba_num_heads: 128,
    mamba_head_dim: 64,
    mamba_hidden_act: 'silu',
    n_groups: 8,
    conv_kernel: 4,
    chunk_size: 128,
    time_step_min: 0.001,
    use_conv_bias: true,
    use_bias: false,
    n_routed_experts: 8,
    moe_intermediate_size: 7688,
    moe_shared_expert_intermediate_size: 7688,
    num_experts_per_tok: 2,
    routed_scaling_factor: 1,
    n_group: 1,
    topk_group: 1,
    norm_topk_prob: true,
    layer_norm_epsilon: 1e-5,
  },
  // Names of first releases, of the class that this one was made from, and of newer files.
  aliases: {
    attention_head_dim: 'head_dim',
    layer_types: 'layers_block_type',
    num_local_experts: 'n_routed_experts',
    mamba_n_groups: 'n_groups',
    mamba_d_conv: 'conv_kernel',
    mamba_dt_min: 'time_step_min',
    mamba_conv_bias: 'use_conv_bias',
  },
  keys: {
    types: {
      bool: 'moe_shared_expert_overlap rescale_prenorm_residual residual_in_fp32 use_conv_bias',
      int: `
        chunk_size conv_kernel expand mamba_head_dim mamba_num_heads moe_shared_expert_intermediate_size
        n_groups ssm_state_size`,
      'int | null': 'moe_latent_size',
      float: 'time_step_floor time_step_max time_step_min',
      str: 'mamba_hidden_act mamba_ssm_cache_dtype mlp_hidden_act',
      'list[str] | null': 'mtp_layers_block_type',
      list: 'time_step_limit',
    },
    typesHere: { 'float | int': 'routed_scaling_factor', 'list[float]': 'time_step_limit' },
    notNull: 'hidden_dropout use_mamba_kernels',
  },
  describe: (config) => {
    const types = readTypes(config);
    const sizes: Sizes = { ...readSizes(config), layers: types.length };
    const norms = rmsNorms(sizes, { key: 'layer_norm_epsilon' });
    const epsilon = config.positive('layer_norm_epsilon');
    // Released files have it twice or three times, and the class reads the first.
    for (const key of ['norm_eps', 'rms_norm_eps']) config.expect(key, epsilon, `layer_norm_epsilon is ${epsilon}`);
    config.expect('sliding_window', null, 'a window is not supported');
    ignoreTraining(config);
    const mixer = mixerOf(sizes, epsilon);
    const mlp = mlpOf(sizes, types);
    const layer = (i: number) => {
      const [type, module] = [types[i] ?? 'mlp', `layers.${i}.mixer`];
      const norm = norms(`layers.${i}.norm`);
      return type === 'mlp' || type === 'moe'
        ? block({ mixer: null, mlp: mlp(module, type), mlpNorm: norm })
        : block({ mixer: mixer(module, type), mlp: null, attentionNorm: norm });
    };
    return decoder(sizes, layer, {
      finalNorm: norms('norm_f'),
      embeddings: 'embeddings',
      namings: [
        { backbone: 'backbone.', head: 'lm_head' },
        { backbone: 'model.', head: 'lm_head' },
      ],
    });
  },
};

type MixerType = 'mamba' | 'attention';
type MlpType = 'mlp' | 'moe';
type LayerType = MixerType | MlpType;

/** By the letters of `hybrid_override_pattern`, and by the names of older and newer files. */
const TYPES: Readonly<Record<string, LayerType>> = {
  M: 'mamba',
  '*': 'attention',
  E: 'moe',
  '-': 'mlp',
  mamba: 'mamba',
  linear_attention: 'mamba',
  attention: 'attention',
  full_attention: 'attention',
  moe: 'moe',
  mlp: 'mlp',
};

function readTypes(config: Config): LayerType[] {
  const pattern = config.text('hybrid_override_pattern');
  const written = config.list('layers_block_type') ?? (pattern === null ? ['M', 'E', '*', '-'] : [...pattern]);
  if (written.length === 0 || written.length > MAX_LAYERS)
    throw config.error(`there are ${written.length} layer types`);
  return written.map((name, i) => {
    const type = typeof name === 'string' && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (type === undefined) throw config.unknownWord(`the type of layer ${i}`, name, Object.keys(TYPES));
    return type;
  });
}

/** Keys for initialization, kernels and layers that predict further tokens, and other names of keys that are read. */
function ignoreTraining(config: Config): void {
  config.size('chunk_size');
  config.ignore('attention_bias', 'expand', 'mamba_expand', 'mamba_chunk_size', 'mamba_proj_bias');
  config.ignore('time_step_limit', 'mamba_dt_limit', 'time_step_max', 'mamba_dt_max', 'time_step_floor');
  config.ignore('mamba_dt_init_floor', 'mamba_ssm_cache_dtype', 'residual_in_fp32', 'rescale_prenorm_residual');
  config.ignore('num_logits_to_keep', 'moe_shared_expert_overlap', 'n_shared_experts', 'num_nextn_predict_layers');
  config.ignore('mtp_layers_block_type', 'mtp_hybrid_override_pattern', 'keep_mtp_spec_in_bf16', 'rope_theta');
  config.ignore('partial_rotary_factor', 'time_step_rank');
}

function mixerOf(sizes: Sizes, epsilon: number): (module: string, type: MixerType) => Mixer {
  const { config } = sizes;
  const mamba = mamba2({
    hidden: sizes.hidden,
    heads: config.size('mamba_num_heads'),
    headDim: config.size('mamba_head_dim'),
    groups: config.size('n_groups'),
    stateDim: config.size('ssm_state_size'),
    kernel: config.size('conv_kernel'),
    convolutionBias: config.boolean('use_conv_bias'),
    activation: config.activation('mamba_hidden_act'),
    bias: config.boolean('use_bias'),
    epsilon,
    timeStep: { least: config.number('time_step_min'), most: Number.POSITIVE_INFINITY },
  });
  return (module, type) => (type === 'mamba' ? mamba(module) : plainAttention(module, sizes, { rope: null }));
}

function mlpOf(sizes: Sizes, types: readonly LayerType[]): (module: string, type: MlpType) => Mlp {
  const { config, hidden } = sizes;
  const bias = config.boolean('mlp_bias');
  const activation = config.activation('mlp_hidden_act');
  const plain = plainMlp(sizes, { bias, activation: () => activation });
  if (!types.includes('moe')) {
    // Such models can have any of these, such as 0 experts.
    config.ignore('n_routed_experts', 'num_experts_per_tok', 'moe_intermediate_size', 'norm_topk_prob', 'n_group');
    config.ignore('moe_shared_expert_intermediate_size', 'moe_latent_size', 'routed_scaling_factor', 'topk_group');
    return plain;
  }
  const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
  const router = correctedRouter(experts);
  const width = config.size('moe_shared_expert_intermediate_size');
  const shared = plainMlp(sizes, { bias, width, activation: () => activation });
  const latentSize = config.sizeOrText('moe_latent_size', '');
  const seen = latentSize ?? hidden;
  const mixture = (module: string): Experts => ({
    kind: 'experts',
    router: router(module),
    count: experts.count,
    perToken: experts.perToken,
    activation,
    expert: (index) => ({
      gate: null,
      up: linear(`${module}.experts.${index}.up_proj`, seen, experts.width),
      down: linear(`${module}.experts.${index}.down_proj`, experts.width, seen),
    }),
    stacked: null,
    shared: { mlp: shared(`${module}.shared_experts`), gate: null },
    latent:
      latentSize === null
        ? null
        : {
            down: linear(`${module}.fc1_latent_proj`, hidden, latentSize, { bias }),
            up: linear(`${module}.fc2_latent_proj`, latentSize, hidden, { bias }),
          },
  });
  return (module, type) => (type === 'moe' ? mixture(module) : plain(module));
}
