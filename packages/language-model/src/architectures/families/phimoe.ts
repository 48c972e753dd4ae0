import type { Config } from '../config.ts';
import type { Rope } from '../decoder.ts';
import { readRope, ropeParameters, ropeType } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import { gatedExperts, readExpertSizes, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { layerNorms, llamaDecoder, llamaLayer, NUMBERED_NAMES, readHead, readSizes, readWindow } from './layers.ts';
import { mixtral } from './mixtral.ts';

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
