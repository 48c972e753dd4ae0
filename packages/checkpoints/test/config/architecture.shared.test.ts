import { describe, expect, it } from 'vitest';
import { describeArchitecture } from '../../src/config/architecture.ts';

describe('sizes of the config of an old file', () => {
  // Otherwise a check would say that the candidate has another architecture than the baseline.
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['bloom', { n_embed: 64, num_attention_heads: 8, n_layer: 2 }, { hidden_size: 64, n_head: 8, n_layer: 2 }],
    [
      'gpt_bigcode',
      { n_embd: 64, n_head: 8, n_layer: 2 },
      { n_embd: 64, n_head: 8, n_layer: 2, multi_query: true, num_key_value_heads: 1 },
    ],
    [
      'gpt_bigcode',
      { n_embd: 64, n_head: 8, n_layer: 2, multi_query: false },
      { n_embd: 64, n_head: 8, n_layer: 2, multi_query: false, num_key_value_heads: 8 },
    ],
  ])('are those of the config that transformers 5.24 writes: %s', (model_type, old, written) => {
    expect(describeArchitecture({ model_type, ...old })).toEqual(describeArchitecture({ model_type, ...written }));
  });
});
