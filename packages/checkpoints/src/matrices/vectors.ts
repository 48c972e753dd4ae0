import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { isHeadsBias, isHeadsNorm } from './attention-heads.ts';

/** Biases of all experts, [experts, out] (gpt-oss), and corrections of a router's choice, [1, experts] (ERNIE). */
const EXPERTS_BIAS = /(^|\.)(experts\.\w+_bias|e_score_correction_bias)$/;
/** One row for each place in a window of tokens (DeepSeek V4). */
const PLACE_BIAS = /(^|\.)compressor\.(indexer\.)?(position_bias|ape)$/;
/** Decay of each channel and state, [channels, state] (Mamba-1): not multiplied as a matrix. */
const DECAY = /(^|\.)A_log$/;
/** Gates of RecurrentGemma, one row for each head. */
const GATE_BIAS = /(^|\.)(input|recurrent)_gate_bias$/;

/**
 * A tensor without a spectrum: biases, gains, decays, and single rows such as the token of a class, [1, 1, model], or
 * the mixing weights of RWKV. The rows of linear layers are matrices, even if there is only one.
 */
export function isVector(entry: TensorEntry): boolean {
  const { name, shape } = entry;
  if (shape.length < 2 || isHeadsBias(entry) || isHeadsNorm(entry)) return true;
  if (EXPERTS_BIAS.test(name) || DECAY.test(name) || PLACE_BIAS.test(name) || GATE_BIAS.test(name)) return true;
  return !name.endsWith('.weight') && shape.filter((size) => size !== 1).length < 2;
}
