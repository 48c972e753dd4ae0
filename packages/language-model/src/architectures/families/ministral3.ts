import type { Config } from '../config.ts';
import type { Temperature } from '../decoder.ts';
import { type Parameters, readRope, ropeParameters } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes, readWindow } from './layers.ts';

/** Rotary parameters for a config without them. */
export const MISTRAL_YARN = {
  rope_type: 'yarn',
  rope_theta: 1e6,
  factor: 16,
  original_max_position_embeddings: 16384,
  beta_fast: 32,
  beta_slow: 1,
  mscale_all_dim: 1,
  mscale: 1,
  llama_4_scaling_beta: 0.1,
};

/** Keys among the rotary parameters that YaRN does not read. */
export const TEMPERATURE_KEYS = ['llama_4_scaling_beta', 'max_position_embeddings'];

/** Ministral 3 (arXiv 2601.08584): Mistral with YaRN, and queries that grow beyond the original length. */
export const ministral3: ModelFamily = {
  modelType: 'ministral3',
  defaults: {
    vocab_size: 131072,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 34,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 262144,
    rms_norm_eps: 1e-5,
    sliding_window: null,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000, missing: MISTRAL_YARN, more: TEMPERATURE_KEYS });
    const temperature = readTemperature(config, ropeParameters(config, { missing: MISTRAL_YARN }));
    const window = readWindow(config);
    config.ignore('layer_types'); // every layer has the window, or none
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, window, temperature }));
  },
};

/**
 * The temperature among the rotary parameters, or null if it changes nothing.
 * @throws UserError if it is missing: transformers does not run such a model either
 */
export function readTemperature(config: Config, parameters: Parameters): Temperature | null {
  const scale = ropeNumber(config, parameters, 'llama_4_scaling_beta');
  if (scale === null) throw config.error('the rotary parameters lack "llama_4_scaling_beta"');
  const length =
    ropeNumber(config, parameters, 'original_max_position_embeddings') ?? config.size('max_position_embeddings');
  if (length <= 0) throw config.error(`original_max_position_embeddings is ${length}, and must be positive`);
  return scale === 0 ? null : { scale, length, offset: 0 };
}
