import type { Config } from '../config.ts';
import type { Decoder, Experts, Layer, Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  fusedGatedMlp,
  layerTypes,
  llamaDecoder,
  llamaLayer,
  llamaNorms,
  plainAttention,
  readHead,
  readSizes,
  rmsNorms,
  type Sizes,
} from './layers.ts';
import { mamba2, readMamba2 } from './mamba2.ts';

const DEFAULTS = {
  embedding_multiplier: 1,
  logits_scaling: 1,
  residual_multiplier: 1,
  attention_multiplier: 1,
};
const MOE_DEFAULTS = { ...DEFAULTS, num_local_experts: 8, num_experts_per_tok: 2 };
const MOE_NULLABLE = `
  attention_dropout attention_multiplier embedding_multiplier logits_scaling num_experts_per_tok
  num_key_value_heads num_local_experts output_router_logits residual_multiplier router_aux_loss_coef`;

/** Granite 3: Llama with four multipliers (IBM 2024, after μP: arXiv 2203.03466). */
export const granite: ModelFamily = {
  modelType: 'granite',
  defaults: DEFAULTS,
  keys: { nullable: 'num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const bias = config.boolean('attention_bias');
    const mlpBias = config.boolean('mlp_bias');
    return graniteDecoder(sizes, (i, scale) => llamaLayer(sizes, i, { rope, bias, scale }, { mlpBias }));
  },
};

/** Granite 3 with experts in every layer (IBM 2024; PowerMoE, arXiv 2408.13359). */
export const graniteMoe: ModelFamily = {
  modelType: 'granitemoe',
  defaults: MOE_DEFAULTS,
  keys: { nullable: MOE_NULLABLE },
  describe: (config) => describeMoe(config, () => null),
};

/** Granite 3 with an MLP for every token in addition to the experts, if `shared_intermediate_size` is not 0. */
export const graniteMoeShared: ModelFamily = {
  modelType: 'granitemoeshared',
  defaults: { ...MOE_DEFAULTS, shared_intermediate_size: 0 },
  keys: { nullable: MOE_NULLABLE },
  describe: (config) =>
    describeMoe(config, (sizes) => (config.number('shared_intermediate_size') === 0 ? null : sharedMlp(sizes))),
};

/** Granite 4.0 (IBM 2025): Mamba-2 in most layers of h-models, mostly no positions, in some models also experts. */
export const graniteMoeHybrid: ModelFamily = {
  modelType: 'granitemoehybrid',
  defaults: {
    ...MOE_DEFAULTS,
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
  keys: { nullable: `${MOE_NULLABLE} mamba_proj_bias` },
  describe: (config) => {
    const sizes = readSizes(config);
    // Files on the Hub have the first two names, transformers 5 writes the others.
    const types = layerTypes(sizes, ['mamba', 'attention', 'linear_attention', 'full_attention'], () => 'mamba');
    const hasRope = config.text('position_embedding_type') === 'rope';
    const rope = hasRope ? readRope(config, sizes.headDim, { theta: 10000 }) : null;
    if (!hasRope) config.ignore('rope_parameters', 'rope_theta', 'rope_scaling');
    const bias = config.boolean('attention_bias');
    const mamba = readMamba(sizes);
    config.ignore('normalization_function', 'init_method', 'mlp_bias');
    const mlps = hybridMlps(sizes);
    const norm = rmsNorms(sizes);
    return graniteDecoder(sizes, (i, scale) => {
      const isMamba = types[i] === 'mamba' || types[i] === 'linear_attention';
      const attention = () => plainAttention(`layers.${i}.self_attn`, sizes, { rope, bias, scale });
      const mixer = isMamba ? mamba(`layers.${i}.mamba`) : attention();
      return block({ mixer, mlp: mlps(i), ...llamaNorms(i, norm) });
    });
  },
};

/** A decoder with Granite's multipliers. The layer is given that of attention. */
function graniteDecoder(sizes: Sizes, layer: (index: number, attentionScale: number) => Layer): Decoder {
  const { config } = sizes;
  const scale = config.number('attention_multiplier');
  const residualScale = config.number('residual_multiplier');
  return llamaDecoder(sizes, (i) => ({ ...layer(i, scale), residualScale }), {
    embeddingScale: config.number('embedding_multiplier'),
    head: readHead(config, { scale: 1 / config.positive('logits_scaling') }),
  });
}

function describeMoe(config: Config, readShared: (sizes: Sizes) => ReturnType<typeof sharedMlp> | null): Decoder {
  const sizes = readSizes(config);
  const rope = readRope(config, sizes.headDim, { theta: 10000 });
  const bias = config.boolean('attention_bias');
  const experts = readExperts(sizes);
  const shared = readShared(sizes);
  return graniteDecoder(sizes, (i, scale) => {
    const mlp = { ...experts(i), shared: shared && { mlp: shared(i), gate: null } };
    return llamaLayer(sizes, i, { rope, bias, scale }, { mlp });
  });
}

/** The MLP for every token of a layer. */
function sharedMlp(sizes: Sizes) {
  const mlp = fusedGatedMlp(sizes, { key: 'shared_intermediate_size', names: ['input_linear', 'output_linear'] });
  return (index: number) => mlp(`layers.${index}.shared_mlp`);
}

/** The experts of a layer. A softmax over the chosen is one over all, divided by the sum of the chosen. */
function readExperts(sizes: Sizes): (index: number) => Experts {
  const experts = readExpertSizes(sizes, { count: 'num_local_experts', width: 'intermediate_size' });
  return (i) => {
    const at = `layers.${i}.block_sparse_moe`;
    return gatedExperts(experts, at, {
      router: softmaxRouter(`${at}.router.layer`, experts, { alias: `${at}.router` }),
      stacked: {
        gateUp: `${at}.input_linear.weight`,
        down: `${at}.output_linear.weight`,
        alias: { gateUp: `${at}.experts.gate_up_proj`, down: `${at}.experts.down_proj` },
        layout: 'output-first',
        biases: null,
      },
    });
  };
}

function hybridMlps(sizes: Sizes): (index: number) => Mlp {
  const shared = sharedMlp(sizes);
  sizes.config.ignore('num_experts_per_tok', 'intermediate_size'); // without experts, whatever they are
  if (sizes.config.number('num_local_experts') === 0) return shared;
  const experts = readExperts(sizes);
  return (i) => ({ ...experts(i), shared: { mlp: shared(i), gate: null } });
}

function readMamba({ config, hidden }: Sizes) {
  const heads = config.size('mamba_n_heads');
  const inner = config.size('mamba_expand') * hidden;
  const headDim = config.sizeOrText('mamba_d_head', 'auto') ?? inner / heads;
  if (headDim * heads !== inner) {
    throw config.error(`${heads} Mamba heads of ${headDim} dimensions are not ${inner}, which mamba_expand gives`);
  }
  return mamba2({ hidden, heads, headDim, ...readMamba2(config), epsilon: config.positive('rms_norm_eps') });
}
