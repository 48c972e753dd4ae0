import { words } from '@shadow-gate/platform';
import type { TensorEntry } from '../tensors/tensor-entry.ts';

/** Tensors that models save with their weights but do not train: masks, positions, frequencies, statistics. */
const BUFFER_NAMES = new Set(
  words(
    'masked_bias mask attn_mask attention_mask causal_mask tril triu',
    'position_ids token_type_ids relative_position_index',
    'inv_freq original_inv_freq freqs_cis cos_cached sin_cached',
    'running_mean running_var num_batches_tracked',
    // The experts of each token in DeepSeek V4's first layers.
    'tid2eid',
    // The fixed decay of MiniMax's linear attention.
    'slope_rate query_decay key_decay diagonal_decay',
    // TransformerLens.
    'IGNORE rotary_sin rotary_cos',
  ),
);

const ROTARY = /(^|\.)rotary_emb\./;

/** The causal mask of GPT-2, nanoGPT and GPT-NeoX, [1, 1, n, n], has the name of a bias. */
const MASK = /(^|\.)(attn|attention)\.bias$/;

export function isBuffer({ name, shape }: Pick<TensorEntry, 'name' | 'shape'>): boolean {
  const leaf = name.slice(name.lastIndexOf('.') + 1);
  return BUFFER_NAMES.has(leaf) || ROTARY.test(name) || (MASK.test(name) && shape.length === 4);
}

/** Scales, zero points, statistics and shapes. Tools that expand codes can leave them behind. */
const QUANTIZATION =
  /^(.*\.)(weight_(scales?(_inv|_2)?|zero_point|global_scale|shape)|(input|output|[qkv])_scale|scales|biases|[qs]zeros|zero_point|(nested_)?absmax|quant_map|g_idx)$/;

/** Is it part of quantized weights, stored with a weight of the same module? */
export function isQuantizationScale(name: string, tensors: ReadonlyMap<string, unknown>): boolean {
  const [, module] = QUANTIZATION.exec(name) ?? [];
  return module !== undefined && tensors.has(`${module}weight`);
}
