import type { Config } from '../config.ts';
import type { Attention, Latent, Rope } from '../decoder.ts';
import { type Parameters, ropeParameters, ropeType } from '../rope.ts';
import { ropeNumber, yarnMagnitude } from '../rope-scaling.ts';
import { linear, MAX_LAYERS, rmsNorm, type Sizes } from './layers.ts';

/** The norms of latent vectors have this epsilon, whatever the config says. */
const LATENT_EPSILON = 1e-6;

/** Sizes of latent attention (DeepSeek-V2, arXiv 2405.04434). */
export interface LatentSizes extends Sizes {
  /** The dimensions of `headDim` that are rotated. */
  readonly ropeDim: number;
  readonly valueDim: number;
  /** Size of the queries' latent vector; null if they have none. */
  readonly queryRank: number | null;
  /** Size of the latent vector of keys and values. */
  readonly rank: number;
}

export function readLatentSizes(config: Config): LatentSizes {
  const heads = config.size('num_attention_heads');
  const named = config.numberOrNull('num_key_value_heads') ?? heads;
  // Every head has keys and values of its own.
  if (named !== heads) throw config.error(`${named} key-value heads for ${heads} heads of latent attention`);
  config.ignore('head_dim', 'qk_head_dim'); // made from the other sizes
  const ropeDim = config.size('qk_rope_head_dim');
  return {
    config,
    hidden: config.size('hidden_size'),
    layers: config.size('num_hidden_layers', MAX_LAYERS),
    heads,
    keyValueHeads: heads,
    headDim: config.size('qk_nope_head_dim') + ropeDim,
    ropeDim,
    valueDim: config.size('v_head_dim'),
    queryRank: config.numberOrNull('q_lora_rank') === null ? null : config.size('q_lora_rank'),
    rank: config.size('kv_lora_rank'),
  };
}

/** Latent attention with DeepSeek's names. */
export function latentAttention(
  sizes: LatentSizes,
  index: number,
  { rope, parameters = ropeParameters(sizes.config) }: { readonly rope: Rope | null; readonly parameters?: Parameters },
): Pick<Attention, 'rope' | 'valueDim' | 'projections' | 'output' | 'scale'> {
  const module = `layers.${index}.self_attn`;
  const { config, hidden, heads, headDim, ropeDim, valueDim, queryRank, rank } = sizes;
  const bias = config.boolean('attention_bias');
  const layer = (name: string, input: number, output: number, options?: { readonly bias: boolean }) =>
    linear(`${module}.${name}`, input, output, options);
  const norm = (name: string, size: number) => rmsNorm(`${module}.${name}`, size, LATENT_EPSILON);
  const query: Latent['query'] =
    queryRank === null
      ? { up: layer('q_proj', hidden, heads * headDim) }
      : {
          down: layer('q_a_proj', hidden, queryRank, { bias }),
          norm: norm('q_a_layernorm', queryRank),
          up: layer('q_b_proj', queryRank, heads * headDim),
        };
  return {
    rope,
    valueDim,
    projections: {
      kind: 'latent',
      query,
      compress: layer('kv_a_proj_with_mqa', hidden, rank + ropeDim, { bias }),
      norm: norm('kv_a_layernorm', rank),
      expand: layer('kv_b_proj', rank, heads * (headDim - ropeDim + valueDim)),
      ropeDim,
    },
    output: layer('o_proj', heads * valueDim, hidden, { bias }),
    scale: latentScale(config, parameters) / Math.sqrt(headDim),
  };
}

/** YaRN's magnitude for all dimensions, squared, as the products of queries and keys need it (DeepSeek-V2's code). */
function latentScale(config: Config, parameters: Parameters): number {
  const weight = ropeNumber(config, parameters, 'mscale_all_dim');
  if (!weight || ropeType(parameters) === 'default') return 1;
  const factor = ropeNumber(config, parameters, 'factor');
  if (factor === null) throw config.error('the rotary parameters lack "factor"');
  return yarnMagnitude(factor, weight) ** 2;
}
