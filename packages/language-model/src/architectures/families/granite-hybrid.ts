import type { Config } from '../config.ts';
import type { Mixer, Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { graniteDecoder } from './granite.ts';
import { GRANITE_MOE_DEFAULTS, graniteExperts, graniteSharedMlp } from './granite-moe.ts';
import { layerTypes, plainAttention, preNormLayer, readSizes, rmsNorm, type Sizes } from './layers.ts';
import { mamba2, readMamba2 } from './mamba2.ts';

/**
 * Granite 4.0: Granite's multipliers, with Mamba-2 in place of attention in most layers of the h-models, mostly without
 * rotary positions, and in some with experts in addition to the MLP of every token (IBM 2025). Read from transformers
 * 5.24, models/granitemoehybrid/modeling_granitemoehybrid.py.
 */
export const graniteMoeHybrid: ModelFamily = {
  modelType: 'granitemoehybrid',
  defaults: {
    ...GRANITE_MOE_DEFAULTS,
    shared_intermediate_size: 1024,
    mamba_n_heads: 128,
    mamba_n_groups: 1,
    mamba_d_state: 256,
    mamba_d_conv: 4,
    mamba_chunk_size: 256,
    mamba_expand: 2,
    mamba_conv_bias: true,
    mamba_proj_bias: false,
  },
  aliases: { layers_block_type: 'layer_types' },
  keys: {
    nullable: `
      attention_dropout attention_multiplier embedding_multiplier logits_scaling mamba_proj_bias
      num_experts_per_tok num_key_value_heads num_local_experts output_router_logits residual_multiplier
      router_aux_loss_coef`,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const types = layerTypes(sizes, TYPES, () => 'mamba');
    const rope = hasRope(config) ? readRope(config, sizes.headDim, { theta: 10000 }) : null;
    if (rope === null) config.ignore('rope_parameters', 'rope_theta', 'rope_scaling');
    const bias = config.boolean('attention_bias');
    const mamba = graniteMamba(sizes);
    config.ignore('normalization_function', 'init_method', 'mlp_bias');
    const mixer = (i: number, scale: number): Mixer => {
      const isMamba = types[i] === 'mamba' || types[i] === 'linear_attention';
      return isMamba
        ? mamba(`layers.${i}.mamba`)
        : plainAttention(`layers.${i}.self_attn`, sizes, { rope, bias, scale });
    };
    const mlp = mlpOf(sizes);
    const norm = (name: string) => rmsNorm(name, sizes.hidden, config.positive('rms_norm_eps'));
    return graniteDecoder(sizes, (i, scale) =>
      preNormLayer(
        mixer(i, scale),
        mlp(i),
        norm(`layers.${i}.input_layernorm`),
        norm(`layers.${i}.post_attention_layernorm`),
      ),
    );
  },
};

/** Files of the hub have the first two names, transformers 5 writes the others. */
const TYPES = ['mamba', 'attention', 'linear_attention', 'full_attention'] as const;

function hasRope(config: Config): boolean {
  const type = config.text('position_embedding_type');
  return type === 'rope';
}

function graniteMamba({ config, hidden }: Sizes) {
  const heads = config.size('mamba_n_heads');
  const inner = config.size('mamba_expand') * hidden;
  const headDim = config.sizeOrText('mamba_d_head', 'auto') ?? inner / heads;
  if (headDim * heads !== inner) {
    throw config.error(`${heads} Mamba heads of ${headDim} dimensions are not ${inner}, which mamba_expand gives`);
  }
  return mamba2({
    hidden,
    heads,
    headDim,
    ...readMamba2(config),
    epsilon: config.positive('rms_norm_eps'),
  });
}

function mlpOf(sizes: Sizes): (index: number) => Mlp {
  const shared = graniteSharedMlp(sizes);
  sizes.config.ignore('num_experts_per_tok', 'intermediate_size'); // without experts, whatever they are
  if (sizes.config.number('num_local_experts') === 0) return shared;
  const experts = graniteExperts(sizes);
  return (i) => ({ ...experts(i), shared: { mlp: shared(i), gate: null } });
}
