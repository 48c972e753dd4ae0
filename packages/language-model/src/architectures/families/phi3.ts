import { readRope, ropeParameters, ropeType } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { fusedGatedMlp, fusedProjections, linear, llamaDecoder, llamaLayer, readSizes, readWindow } from './layers.ts';

/** Types of rotary positions, with the older names of `longrope`. */
const TYPES = ['default', 'longrope', 'su', 'yarn'];

/** Phi-3 and Phi-4: fused projections, LongRoPE, rotary embeddings on a part of each head (arXiv 2404.14219). */
export const phi3: ModelFamily = {
  modelType: 'phi3',
  defaults: {
    vocab_size: 32064,
    hidden_size: 3072,
    intermediate_size: 8192,
    num_hidden_layers: 32,
    num_attention_heads: 32,
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
