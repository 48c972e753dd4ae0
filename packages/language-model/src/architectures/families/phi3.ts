import type { Config } from '../config.ts';
import type { Rope } from '../decoder.ts';
import { readRope, ropeParameters, ropeType } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import { gatedExperts, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  fusedGatedMlp,
  fusedProjections,
  layerNorms,
  linear,
  llamaDecoder,
  llamaLayer,
  NUMBERED_NAMES,
  readHead,
  readSizes,
  readWindow,
} from './layers.ts';
import { mixtral } from './mistral.ts';

/** Types of rotary positions, with the older names of `longrope`. */
const TYPES = ['default', 'longrope', 'su', 'yarn'];

/** Phi-3 and Phi-4: fused projections, LongRoPE, rotary embeddings on a part of each head (arXiv 2404.14219). */
export const phi3: ModelFamily = {
  modelType: 'phi3',
  defaults: {
    vocab_size: 32064,
    hidden_size: 3072,
    intermediate_size: 8192,
    max_position_embeddings: 4096,
    original_max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    sliding_window: null,
  },
  keys: { nullable: 'num_key_value_heads', notNull: 'embd_pdrop resid_pdrop' },
  describe: (config) => {
    const sizes = readSizes(config);
    config.ignore('full_attn_mod', 'interpolate_factor'); // in Phi-4-mini's config, but not read
    const { heads, keyValueHeads, headDim, hidden } = sizes;
    const rope = readRope(config, headDim, {
      theta: 10000,
      mayBePartial: true,
      renamed: { su: 'longrope', yarn: 'longrope' }, // older names in its config class
      original: config.size('original_max_position_embeddings'),
    });
    const type = ropeType(ropeParameters(config));
    if (!TYPES.some((known) => known === type)) throw config.unknownWord('rope_type', type, TYPES);
    const window = readWindow(config);
    const mlp = fusedGatedMlp(sizes);
    return llamaDecoder(sizes, (i) => {
      const qkv = linear(`layers.${i}.self_attn.qkv_proj`, hidden, (heads + 2 * keyValueHeads) * headDim);
      const projections = fusedProjections(qkv, sizes);
      return llamaLayer(sizes, i, { rope, window, projections }, { mlp: mlp(`layers.${i}.mlp`) });
    });
  },
};

/** Phi-3.5-MoE: layer norms, biases, and a SparseMixer router (arXiv 2409.12136, section 2). */
export const phimoe: ModelFamily = {
  modelType: 'phimoe',
  defaults: {
    ...mixtral.defaults,
    vocab_size: 32064,
    intermediate_size: 6400,
    num_local_experts: 16,
    router_jitter_noise: 0.01,
    lm_head_bias: false,
  },
  keys: { types: { bool: 'lm_head_bias', float: 'input_jitter_noise router_jitter_noise' } },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readScaledRope(config, sizes.headDim);
    const window = readWindow(config);
    const bias = config.boolean('attention_bias');
    const norm = layerNorms(sizes, 'rms_norm_eps');
    const experts = readExpertSizes(sizes, { count: 'num_local_experts', width: 'intermediate_size' });
    if (experts.perToken !== 2) throw config.error(`num_experts_per_tok is ${experts.perToken}: only 2 is supported`);
    const jitter = config.number('router_jitter_noise');
    if (jitter < 0) throw config.error(`router_jitter_noise is ${jitter}, and cannot be negative`);
    config.ignore('input_jitter_noise'); // of training
    const layer = (i: number) => {
      const at = `layers.${i}.block_sparse_moe`;
      const mlp = gatedExperts(experts, at, {
        names: NUMBERED_NAMES,
        router: softmaxRouter(`${at}.gate`, experts, {
          normalize: false,
          alias: `layers.${i}.mlp.router`,
          scores: { kind: 'sparsemixer', jitter },
        }),
        stacked: stackedExperts(`layers.${i}.mlp.experts`),
      });
      return llamaLayer(sizes, i, { rope, bias, window }, { mlp, norm });
    };
    return llamaDecoder(sizes, layer, { norm, head: readHead(config, { bias: config.boolean('lm_head_bias') }) });
  },
};

const MAGNITUDES = ['short_mscale', 'long_mscale'] as const;

/** LongRoPE, but long sequences have the frequencies of short ones, and each length has a magnitude of its own. */
function readScaledRope(config: Config, headDim: number): Rope {
  const rope = readRope(config, headDim, { theta: 1e6, renamed: { su: 'longrope' }, more: MAGNITUDES });
  const parameters = ropeParameters(config);
  if (ropeType(parameters) === 'default') return rope;
  if (rope.long === null) throw config.error('only rotary parameters of type "longrope" are supported');
  const [short, long] = MAGNITUDES.map((key) => {
    const value = ropeNumber(config, parameters, key);
    if (value === null) throw config.error(`the rotary parameters lack ${JSON.stringify(key)}`);
    return value;
  }) as [number, number];
  return { ...rope, magnitude: short, long: { ...rope.long, frequencies: rope.frequencies, magnitude: long } };
}
