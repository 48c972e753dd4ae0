import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../../../test/fixtures.ts';
import { languageModel } from '../../../../../test/language-models.ts';
import { attentionMixers } from '../../../src/architectures/decoder.ts';
import { checkpointOf } from '../checkpoint-of.ts';

const decoderOf = (config: Record<string, unknown>) => describeDecoder(checkpointOf(config));
const FIXTURE = readJson<Record<string, unknown>>(`${languageModel('gemma3n-text')}/config.json`);

describe('Gemma 3n', () => {
  it('has the defaults of its class', () => {
    const decoder = decoderOf({ model_type: 'gemma3n_text' });
    expect(decoder).toMatchObject({
      vocabulary: 262400,
      hidden: 2048,
      maxLength: 32768,
      head: { tied: true, softcap: 30 },
      perLayerEmbeddings: { vocabulary: 262144, size: 256 },
      altUp: { count: 4 },
    });
    const attentions = attentionMixers(decoder);
    expect(attentions.map(({ window }) => window)).toEqual(
      Array.from({ length: 35 }, (_, i) => (i % 5 === 4 ? null : 512)),
    );
    const sources = attentions.map(({ projections }) => (projections.kind === 'shared' ? projections.layer : null));
    expect(sources).toEqual([
      ...Array(20).fill(null),
      ...Array.from({ length: 15 }, (_, i) => (i % 5 === 4 ? 19 : 18)),
    ]);
    const [sliding, full] = [attentions[0]?.rope, attentions[4]?.rope];
    expect(sliding?.frequencies[1]).toBeCloseTo(1e4 ** (-2 / 256), 7);
    expect(full?.frequencies[1]).toBeCloseTo(1e6 ** (-2 / 256), 7);
  });

  it('is the same with what released configs have and the class does not read', () => {
    // google/gemma-3n-E4B-it has these.
    const more = { query_pre_attn_scalar: 256, altup_lr_multiplier: 1, rope_scaling: null, torch_dtype: 'bfloat16' };
    const plain = JSON.stringify(decoderOf({ model_type: 'gemma3n_text' }));
    expect(JSON.stringify(decoderOf({ model_type: 'gemma3n_text', ...more }))).toBe(plain);
  });

  it('can have one hidden state for each token', () => {
    const decoder = decoderOf({ ...FIXTURE, altup_num_inputs: 1, altup_active_idx: 0 });
    expect(decoder.altUp).toEqual({ count: 1, expand: [], collapse: [] });
  });

  it('keeps the largest 5% of the gates in the first ten layers of models that have more', () => {
    const cutoffs = (num_hidden_layers: number) =>
      decoderOf({ model_type: 'gemma3n_text', num_hidden_layers, num_kv_shared_layers: 0 }).layers.map(({ mlp }) =>
        mlp?.kind === 'gated' ? mlp.cutoff : null,
      );
    // 95% of a normal distribution is below 1.6449 standard deviations.
    const [first, ...others] = cutoffs(12);
    expect(first).toBeCloseTo(1.6448536, 6);
    expect(others).toEqual([...Array(9).fill(first), undefined, undefined]);
    expect(cutoffs(10)).toEqual(Array(10).fill(undefined));
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no layer with keys and values', { num_kv_shared_layers: 5 }, /num_kv_shared_layers is 5, and there are 5 layers/],
    ['attention in both directions', { use_bidirectional_attention: true }, /only causal attention/],
    ['another active state', { altup_active_idx: 3 }, /altup_active_idx is 3, and there are 3 hidden states/],
    ['one sparsity for all layers', { activation_sparsity_pattern: 0.95 }, /activation_sparsity_pattern is not a list/],
    ['a sparsity of 1', { activation_sparsity_pattern: [1, 0, 0, 0, 0] }, /has 1, not a share below 1/],
    ['too few sparsities', { activation_sparsity_pattern: [0] }, /has 1 entries for 5 layers/],
    [
      'a width of no number',
      { intermediate_size: [1, 2, 3, 4, null] },
      /intermediate_size is \[1,2,3,4,null\], of type list, and can only be int or list\[int\]/,
    ],
    ['half a width', { intermediate_size: 0.5 }, /intermediate_size is 0.5, of type float, and can only be int/],
    ['no embeddings for each layer', { hidden_size_per_layer_input: 0 }, /hidden_size_per_layer_input is 0/],
    ['an unknown key', { altup_depth: 2 }, /"altup_depth": 2 may change what gemma3n_text computes/],
  ])('is refused with %s', (_, changes, message) => {
    const run = () => decoderOf({ ...FIXTURE, ...changes });
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  });
});
