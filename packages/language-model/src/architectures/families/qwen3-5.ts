import type { Config } from '../config.ts';
import type { Activation, Attention, Mlp } from '../decoder.ts';
import type { GatedDelta, GatedDeltaProjections } from '../recurrent.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, qwenSparseLayers, readExpertSizes, sharedExpert, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  type AttentionChanges,
  block,
  gatedMlp,
  headNorms,
  layerTypes,
  linear,
  llamaDecoder,
  llamaNorms,
  plainAttention,
  readSizes,
  rmsNorm,
  rmsNorms,
  type Sizes,
  separateProjections,
} from './layers.ts';

/** Defaults of all its config classes, and of Qwen 4's. */
export const QWEN_HYBRID_DEFAULTS = {
  vocab_size: 248320,
  num_attention_heads: 16,
  max_position_embeddings: 32768,
  head_dim: 256,
  linear_conv_kernel_dim: 4,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  full_attention_interval: 4,
} as const;

/**
 * Qwen 3.5 and 3.6: the gated delta rule in three of four layers, gated attention with quarter-rotated heads in others.
 */
export const qwen35: ModelFamily = {
  modelType: 'qwen3_5_text',
  defaults: {
    ...QWEN_HYBRID_DEFAULTS,
    hidden_size: 4096,
    intermediate_size: 12288,
    num_hidden_layers: 32,
    num_key_value_heads: 4,
  },
  keys: {
    types: {
      int: 'linear_key_head_dim linear_num_key_heads linear_num_value_heads linear_value_head_dim',
      'str | null': 'output_gate_type',
      'list[int] | null': 'mlp_only_layers',
    },
  },
  describe: (config) => {
    const sizes = readSizes(config);
    return qwenHybrid(sizes, separateDeltaProjections, (at) => gatedMlp(sizes, at));
  },
};

/** Qwen 3.5 with experts and a gated shared one in every layer. */
export const qwen35Moe: ModelFamily = {
  modelType: 'qwen3_5_moe_text',
  defaults: {
    ...QWEN_HYBRID_DEFAULTS,
    hidden_size: 2048,
    num_hidden_layers: 40,
    num_key_value_heads: 2,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts_per_tok: 8,
    num_experts: 256,
  },
  describe: (config) => {
    config.ignore('intermediate_size', 'norm_topk_prob'); // in released configs, and not read
    const sizes = readSizes(config);
    return qwenHybrid(sizes, separateDeltaProjections, qwenExperts(sizes, { normalize: true }));
  },
};

/** Qwen3-Next: the layers of Qwen 3.5, with projections in another order and experts in most layers. */
export const qwen3Next: ModelFamily = {
  modelType: 'qwen3_next',
  defaults: {
    ...QWEN_HYBRID_DEFAULTS,
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 48,
    num_key_value_heads: 2,
    decoder_sparse_step: 1,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts_per_tok: 10,
    num_experts: 512,
    norm_topk_prob: true,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const isSparse = qwenSparseLayers(config);
    const width = config.size('intermediate_size');
    const normalize = config.boolean('norm_topk_prob');
    const experts = config.number('num_experts') === 0 ? null : qwenExperts(sizes, { normalize });
    config.ignore('num_experts_per_tok', 'moe_intermediate_size', 'shared_expert_intermediate_size'); // without experts
    return qwenHybrid(sizes, projectionsByKeyHead, (at, i) =>
      experts !== null && isSparse(i) ? experts(at) : gatedMlp(sizes, at, { width }),
    );
  },
};

/** Keys of released files that the class does not read, such as Qwen 3.6's name of the gate behind the recurrence. */
function expectItsOwn(config: Config): void {
  const gate = config.text('output_gate_type') ?? 'silu';
  if (gate !== 'silu' && gate !== 'swish') {
    throw config.error(`output_gate_type ${JSON.stringify(gate)} is not supported: only SiLU is`);
  }
  // Some converters write the rotary parameters directly into the config.
  config.expect('rope_type', 'default', 'a length scaling belongs in rope_parameters');
  config.ignore('mrope_section', 'mrope_interleaved');
}

type LinearSizes = Pick<GatedDelta, 'keyHeads' | 'valueHeads' | 'keyDim' | 'valueDim'>;
type MakeProjections = (module: string, hidden: number, sizes: LinearSizes) => GatedDeltaProjections;

function qwenHybrid(sizes: Sizes, projections: MakeProjections, mlp: (module: string, index: number) => Mlp) {
  const { config } = sizes;
  const rope = readRope(config, sizes.headDim, {
    theta: 10000,
    partial: 0.25,
    mayBePartial: true,
    sections: { missing: [11, 11, 10], isWhole: false },
  });
  const interval = config.size('full_attention_interval');
  const types = layerTypes(sizes, ['linear_attention', 'full_attention'], (i) =>
    (i + 1) % interval === 0 ? 'full_attention' : 'linear_attention',
  );
  const bias = config.boolean('attention_bias');
  const delta = gatedDelta(sizes, projections);
  config.ignore('mlp_only_layers', 'use_qk_norm', 'mamba_ssm_dtype', 'attn_output_gate', 'mtp_num_hidden_layers');
  config.ignore('mtp_use_dedicated_embeddings'); // of the layers that predict further tokens
  expectItsOwn(config);
  const norm = rmsNorms(sizes, { plusOne: true });
  const layer = (i: number) =>
    block({
      mixer:
        types[i] === 'full_attention' ? qwenGatedAttention(sizes, i, { rope, bias }) : delta(`layers.${i}.linear_attn`),
      mlp: mlp(`layers.${i}.mlp`, i),
      ...llamaNorms(i, norm),
    });
  return llamaDecoder(sizes, layer, { norm });
}

/** `q_proj` also has a gate of each head's output: [heads, query | gate]. Queries and keys have norms. */
export function qwenGatedAttention(
  sizes: Sizes,
  index: number,
  { bias, ...rest }: AttentionChanges & { readonly bias: boolean },
): Attention {
  const module = `layers.${index}.self_attn`;
  const { query, ...projections } = separateProjections(module, sizes, { bias });
  return plainAttention(module, sizes, {
    bias,
    projections: { ...projections, query: { ...query, output: 2 * query.output } },
    outputGate: 'query',
    ...headNorms(sizes, index, { plusOne: true }),
    ...rest,
  });
}

export function gatedDelta(
  { config, hidden }: Sizes,
  projections: MakeProjections,
  gateActivation: Activation = 'silu',
): (module: string) => GatedDelta {
  const sizes: LinearSizes = {
    keyHeads: config.size('linear_num_key_heads'),
    valueHeads: config.size('linear_num_value_heads'),
    keyDim: config.size('linear_key_head_dim'),
    valueDim: config.size('linear_value_head_dim'),
  };
  const { keyHeads, valueHeads, keyDim, valueDim } = sizes;
  if (valueHeads % keyHeads !== 0) {
    throw config.error(`${valueHeads} heads of values cannot share ${keyHeads} heads of keys evenly`);
  }
  const kernel = config.size('linear_conv_kernel_dim');
  const activation = config.activation('hidden_act');
  const channels = 2 * keyHeads * keyDim + valueHeads * valueDim;
  return (module) => ({
    kind: 'gated-delta',
    ...sizes,
    projections: projections(module, hidden, sizes),
    convolution: { module: `${module}.conv1d`, channels, kernel, bias: false, activation },
    logDecay: `${module}.A_log`,
    timeBias: `${module}.dt_bias`,
    norm: rmsNorm(`${module}.norm`, valueDim, config.positive('rms_norm_eps')),
    gateActivation,
    output: linear(`${module}.out_proj`, valueHeads * valueDim, hidden),
  });
}

export const separateDeltaProjections: MakeProjections = (
  module,
  hidden,
  { keyHeads, valueHeads, keyDim, valueDim },
) => {
  const to = (name: string, width: number) => linear(`${module}.${name}`, hidden, width);
  return {
    kind: 'separate',
    queryKeyValue: to('in_proj_qkv', 2 * keyHeads * keyDim + valueHeads * valueDim),
    gate: to('in_proj_z', valueHeads * valueDim),
    beta: to('in_proj_b', valueHeads),
    decay: to('in_proj_a', valueHeads),
  };
};

const projectionsByKeyHead: MakeProjections = (module, hidden, { keyHeads, valueHeads, keyDim, valueDim }) => {
  const to = (name: string, width: number) => linear(`${module}.${name}`, hidden, width);
  return {
    kind: 'by key head',
    queryKeyValueGate: to('in_proj_qkvz', 2 * keyHeads * keyDim + 2 * valueHeads * valueDim),
    betaDecay: to('in_proj_ba', 2 * valueHeads),
  };
};

/** Experts, and a shared one with a gate. */
export function qwenExperts(sizes: Sizes, { normalize }: { readonly normalize: boolean }): (module: string) => Mlp {
  const experts = readExpertSizes(sizes, { count: 'num_experts' });
  const width = sizes.config.size('shared_expert_intermediate_size');
  return (module) =>
    gatedExperts(experts, module, {
      router: softmaxRouter(`${module}.gate`, experts, { normalize }),
      shared: sharedExpert(sizes, `${module}.shared_expert`, { width, hasGate: true }),
    });
}
