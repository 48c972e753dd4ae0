import { describeDecoder } from '@shadow-gate/language-model';
import { BatchBudget, type BatchKind } from '../../src/runtime/batch-budget.ts';
import { checkpointOf } from '../architectures/checkpoint-of.ts';

/** Fused attention, without a KV cache. */
export const LEAN: BatchKind = { useKvCache: false, plainAttention: false };

/**
 * The budget of a model whose memory can be calculated by hand. In floats: a token takes 4 · 8 of the stream, 2 · 16 of
 * the MLP and 3 · (2 + 1) · 4 of queries, keys and values, 100 in all. A pair of token and key takes one per head and
 * one of the mask, 3 in all; with plain attention three per head, 7 in all. A key in the KV cache takes 2 · 4 with its
 * value.
 */
export function budgetOf(bytes?: number, options?: { readonly isOnCpu: boolean }): BatchBudget {
  const decoder = describeDecoder(
    checkpointOf({
      model_type: 'llama',
      vocab_size: 100,
      hidden_size: 8,
      intermediate_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 1,
    }),
  );
  return new BatchBudget(decoder, bytes, options);
}

/** The memory of a budget that leaves this many floats for the layers: a quarter is for logits. */
export function bytesOf(floats: number): number {
  return (floats * 4) / 0.75;
}
