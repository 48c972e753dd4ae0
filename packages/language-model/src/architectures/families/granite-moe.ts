import type { Config } from '../config.ts';
import type { Decoder, Experts } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { GRANITE_DEFAULTS, graniteDecoder } from './granite.ts';
import { fusedGatedMlp, llamaLayer, readSizes, type Sizes } from './layers.ts';

/** Defaults of the classes with experts. */
export const GRANITE_MOE_DEFAULTS = { ...GRANITE_DEFAULTS, num_local_experts: 8, num_experts_per_tok: 2 } as const;

/**
 * Granite 3 with experts in every layer (IBM 2024; PowerMoE, arXiv 2408.13359). Read from transformers 5.24,
 * models/granitemoe/modular_granitemoe.py.
 */
export const graniteMoe: ModelFamily = {
  modelType: 'granitemoe',
  defaults: GRANITE_MOE_DEFAULTS,
  keys: {
    nullable: `
      attention_dropout attention_multiplier embedding_multiplier logits_scaling num_experts_per_tok
      num_key_value_heads num_local_experts output_router_logits residual_multiplier router_aux_loss_coef`,
  },
  describe: (config) => describeWithExperts(config, () => null),
};

/**
 * The same with an MLP for every token in addition to a layer's experts, if `shared_intermediate_size` is not 0. Read
 * from transformers 5.24, models/granitemoeshared/modular_granitemoeshared.py.
 */
export const graniteMoeShared: ModelFamily = {
  modelType: 'granitemoeshared',
  defaults: { ...GRANITE_MOE_DEFAULTS, shared_intermediate_size: 0 },
  keys: {
    nullable: `
      attention_dropout attention_multiplier embedding_multiplier logits_scaling num_experts_per_tok
      num_key_value_heads num_local_experts output_router_logits residual_multiplier router_aux_loss_coef`,
  },
  describe: (config) =>
    describeWithExperts(config, (sizes) =>
      config.number('shared_intermediate_size') === 0 ? null : graniteSharedMlp(sizes),
    ),
};

function describeWithExperts(
  config: Config,
  readShared: (sizes: Sizes) => ReturnType<typeof graniteSharedMlp> | null,
): Decoder {
  const sizes = readSizes(config);
  const rope = readRope(config, sizes.headDim, { theta: 10000 });
  const bias = config.boolean('attention_bias');
  const experts = graniteExperts(sizes);
  const shared = readShared(sizes);
  return graniteDecoder(sizes, (i, scale) => {
    const mlp = { ...experts(i), shared: shared && { mlp: shared(i), gate: null } };
    return llamaLayer(sizes, i, { rope, bias, scale }, { mlp });
  });
}

/** The MLP for every token of a layer. */
export function graniteSharedMlp(sizes: Sizes) {
  const names = ['input_linear', 'output_linear'] as const;
  const mlp = fusedGatedMlp(sizes, { key: 'shared_intermediate_size', names });
  return (index: number) => mlp(`layers.${index}.shared_mlp`);
}

/** The experts of a layer. A softmax over the chosen is one over all, divided by the sum of the chosen. */
export function graniteExperts(sizes: Sizes): (index: number) => Experts {
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
