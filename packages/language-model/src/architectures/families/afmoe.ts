import type { Config } from '../config.ts';
import type { Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, sharedExpert, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  gatedMlp,
  headNorms,
  linear,
  llamaDecoder,
  plainAttention,
  readSizes,
  readWindow,
  rmsNorms,
  type Sizes,
  slidingLayers,
} from './layers.ts';

/**
 * AFMoE (Arcee's Trinity, 2025): a gate of the heads' output, windows and rotary positions in three of four layers,
 * norms before and after each half of a block, experts chosen by a corrected sigmoid.
 */
export const afmoe: ModelFamily = {
  modelType: 'afmoe',
  defaults: {
    vocab_size: 200192,
    hidden_size: 2048,
    intermediate_size: 6144,
    moe_intermediate_size: 1408,
    num_dense_layers: 1,
    num_attention_heads: 16,
    head_dim: 128,
    max_position_embeddings: 16384,
    rms_norm_eps: 1e-5,
    num_experts: 64,
    num_experts_per_tok: 6,
    num_shared_experts: 2,
    route_scale: 1,
    global_attn_every_n_layers: 4,
    sliding_window: 1024,
    mup_enabled: false,
  },
  keys: {
    types: { bool: 'mup_enabled', int: 'global_attn_every_n_layers', float: 'route_scale' },
    nullable: 'attention_dropout mup_enabled num_key_value_heads',
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const { hidden, heads, headDim } = sizes;
    const rope = readRope(config, headDim, { theta: 10000 });
    const bias = config.boolean('attention_bias');
    const window = readWindow(config);
    const every = config.size('global_attn_every_n_layers');
    const slides = slidingLayers(sizes, (i) => (i + 1) % every !== 0);
    expectItsOwn(config);
    const mlp = mlps(sizes);
    const norm = rmsNorms(sizes);
    const layer = (i: number) => {
      const at = `layers.${i}`;
      return block({
        mixer: plainAttention(`${at}.self_attn`, sizes, {
          bias,
          ...(slides[i] ? { rope, window } : { rope: null }),
          ...headNorms(sizes, i),
          outputGate: linear(`${at}.self_attn.gate_proj`, hidden, heads * headDim),
        }),
        mlp: mlp(i),
        attentionNorm: norm(`${at}.input_layernorm`),
        attentionOutputNorm: norm(`${at}.post_attention_layernorm`),
        mlpNorm: norm(`${at}.pre_mlp_layernorm`),
        mlpOutputNorm: norm(`${at}.post_mlp_layernorm`),
      });
    };
    return llamaDecoder(sizes, layer, { embeddingScale: config.boolean('mup_enabled') ? Math.sqrt(hidden) : 1 });
  },
};

function mlps(sizes: Sizes): (index: number) => Mlp {
  const { config } = sizes;
  const experts = readExpertSizes(sizes, { count: 'num_experts' });
  const dense = config.number('num_dense_layers');
  const width = config.size('intermediate_size');
  const sharedWidth = config.size('num_shared_experts') * experts.width;
  const scale = config.positive('route_scale');
  return (index) => {
    const at = `layers.${index}.mlp`;
    if (index < dense) return gatedMlp(sizes, at, { width });
    return gatedExperts(experts, at, {
      router: softmaxRouter(`${at}.router.gate`, experts, {
        scores: 'sigmoid',
        correction: { tensor: `${at}.expert_bias`, shape: [experts.count] },
        normalize: { added: 1e-20, least: 0 },
        scale,
      }),
      shared: sharedExpert(sizes, `${at}.shared_experts`, { width: sharedWidth }),
    });
  };
}

/** The class does not read these keys; the authors' own code does, and computes something else for other values. */
function expectItsOwn(config: Config): void {
  config.expect('score_func', 'sigmoid', 'only a sigmoid for each expert is supported');
  config.expect('route_norm', true, 'weights of experts are divided by their sum');
  for (const key of ['n_group', 'topk_group', 'num_expert_groups', 'num_limited_groups']) {
    config.expect(key, 1, 'experts are not in groups');
  }
  config.ignore('load_balance_coeff', 'use_grouped_mm'); // of training
}
