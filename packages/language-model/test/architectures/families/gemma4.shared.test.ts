import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../../../test/fixtures.ts';
import { languageModel } from '../../../../../test/language-models.ts';
import { attentionMixers } from '../../../src/architectures/decoder.ts';
import { checkpointOf } from '../checkpoint-of.ts';

const decoderOf = (config: Record<string, unknown>) => describeDecoder(checkpointOf(config));
const configOf = (name: string) => readJson<Record<string, unknown>>(`${languageModel(name)}/config.json`);

const FULL = 'full_attention';
const SLIDING = 'sliding_attention';

/** text_config of google/gemma-4-31B-it (Apache 2.0). */
const DENSE_31B = {
  attention_bias: false,
  attention_dropout: 0.0,
  attention_k_eq_v: true,
  bos_token_id: 2,
  dtype: 'bfloat16',
  enable_moe_block: false,
  eos_token_id: 1,
  expert_intermediate_size: null,
  final_logit_softcapping: 30.0,
  global_head_dim: 512,
  head_dim: 256,
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 5376,
  hidden_size_per_layer_input: 0,
  initializer_range: 0.02,
  intermediate_size: 21504,
  layer_types: Array.from({ length: 60 }, (_, i) => (i % 6 === 5 ? FULL : SLIDING)),
  max_position_embeddings: 262144,
  model_type: 'gemma4_text',
  moe_intermediate_size: null,
  num_attention_heads: 32,
  num_experts: null,
  num_global_key_value_heads: 4,
  num_hidden_layers: 60,
  num_key_value_heads: 16,
  num_kv_shared_layers: 0,
  pad_token_id: 0,
  rms_norm_eps: 1e-6,
  rope_parameters: {
    full_attention: { partial_rotary_factor: 0.25, rope_theta: 1000000.0, rope_type: 'proportional' },
    sliding_attention: { rope_theta: 10000.0, rope_type: 'default' },
  },
  sliding_window: 1024,
  tie_word_embeddings: true,
  top_k_experts: null,
  use_bidirectional_attention: 'vision',
  use_cache: true,
  use_double_wide_mlp: false,
  vocab_size: 262144,
  vocab_size_per_layer_input: 262144,
};

/** The sizes of google/gemma-4-E2B. */
const E2B = {
  model_type: 'gemma4_text',
  hidden_size: 1536,
  intermediate_size: 6144,
  num_hidden_layers: 35,
  num_key_value_heads: 1,
  num_kv_shared_layers: 20,
  use_double_wide_mlp: true,
  layer_types: Array.from({ length: 35 }, (_, i) => (i % 5 === 4 ? 'full_attention' : 'sliding_attention')),
  num_experts: null,
  top_k_experts: null,
  moe_intermediate_size: null,
  num_global_key_value_heads: null,
  global_head_dim: 512,
  final_logit_softcapping: 30,
  hidden_size_per_layer_input: 256,
};

describe('Gemma 4', () => {
  it('has the defaults of its class', () => {
    const decoder = decoderOf({ model_type: 'gemma4_text' });
    expect(decoder).toMatchObject({
      vocabulary: 262144,
      hidden: 2304,
      maxLength: 131072,
      head: { tied: true, softcap: null },
    });
    expect(decoder.perLayerEmbeddings).toMatchObject({ size: 256, vocabulary: 262144, scale: 16 });
    const attentions = attentionMixers(decoder);
    expect(attentions.map(({ window }) => window)).toEqual(
      Array.from({ length: 30 }, (_, i) => (i % 6 === 5 ? null : 512)),
    );
    expect(attentions.map(({ headDim }) => headDim)).toEqual(
      Array.from({ length: 30 }, (_, i) => (i % 6 === 5 ? 512 : 256)),
    );
    // 1/√θ at the second of 256 / 2 and of 512 / 2 pairs; of the latter, a quarter is rotated.
    const [sliding, full] = [attentions[0]?.rope, attentions[5]?.rope];
    expect(sliding?.frequencies[1]).toBeCloseTo(1e4 ** (-2 / 256), 7);
    expect(sliding?.frequencies).toHaveLength(128);
    expect(full?.frequencies[63]).toBeCloseTo(1e6 ** (-126 / 512), 7);
    expect(full?.frequencies.slice(64)).toEqual(Array(192).fill(0));
  });

  it('shares keys and values in the last layers, whose MLP is wider: E2B', () => {
    const { layers } = decoderOf(E2B);
    const sources = layers.map(({ mixer }) =>
      mixer?.kind === 'attention' && mixer.projections.kind === 'shared' ? mixer.projections.layer : null,
    );
    expect(sources.slice(0, 15)).toEqual(Array(15).fill(null));
    expect(sources.slice(15)).toEqual(Array.from({ length: 20 }, (_, i) => (i % 5 === 4 ? 14 : 13)));
    expect(layers.map(({ mlp }) => (mlp?.kind === 'gated' ? mlp.up.output : null))).toEqual([
      ...Array(15).fill(6144),
      ...Array(20).fill(12288),
    ]);
  });

  it('has no window in the last layer, whatever the config says', () => {
    const config = { ...configOf('gemma4-text'), layer_types: Array(3).fill('sliding_attention') };
    expect(attentionMixers(decoderOf(config)).map(({ window }) => window)).toEqual([5, 5, null]);
  });

  it('reads the heads of each layer where they are written, even if there is nothing to change', () => {
    const heads = (per_layer_config: unknown) =>
      attentionMixers(decoderOf({ ...configOf('gemma4-text'), per_layer_config })).map(({ headDim, keyValueHeads }) => [
        headDim,
        keyValueHeads,
      ]);
    expect(heads({})).toEqual(Array(3).fill([8, 2]));
    expect(heads({ 1: { head_dim: 4 }, 2: { head_dim: 4, num_key_value_heads: 2 } })).toEqual([
      [8, 2],
      [4, 2],
      [4, 2],
    ]);
  });

  it('has no embeddings for each layer and no experts in the class of the 12B model', () => {
    const decoder = decoderOf({ model_type: 'gemma4_unified_text' });
    expect(decoder.maxLength).toBe(262144);
    expect(decoder.perLayerEmbeddings).toBeUndefined();
    expect(attentionMixers(decoder)[0]?.window).toBe(1024);
  });

  it('has the layers of the 31B model, from the config of the whole, as transformers prints them', () => {
    const decoder = decoderOf({ model_type: 'gemma4', text_config: DENSE_31B, tie_word_embeddings: true });
    expect(decoder).toMatchObject({ head: { tied: true, softcap: 30 }, hidden: 5376 });
    const outputs = attentionMixers(decoder).map(({ projections }) => {
      if (projections.kind !== 'separate') return projections.kind;
      const { query, key, value } = projections;
      return [query.output, key.output, value === 'key' ? 'key' : value.output];
    });
    expect(outputs).toEqual(
      Array.from({ length: 60 }, (_, i) => (i % 6 === 5 ? [16384, 2048, 'key'] : [8192, 4096, 4096])),
    );
  });

  it('ignores a pattern of layers if there are layer types, and refuses another than its own if there are not', () => {
    expect(decoderOf({ ...DENSE_31B, sliding_window_pattern: 5 }).layers).toHaveLength(60);
    expect(decoderOf({ model_type: 'gemma4_text', sliding_window_pattern: 6 }).layers).toHaveLength(30);
    expect(() => decoderOf({ model_type: 'gemma4_text', sliding_window_pattern: 5 })).toThrow(
      /sliding_window_pattern is 5: without layer_types, the class has a pattern of 6/,
    );
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no layer with keys and values', { num_kv_shared_layers: 3 }, /num_kv_shared_layers is 3, and there are 3 layers/],
    ['no such layer of the type', { num_kv_shared_layers: 2 }, /layer 1 shares keys and values, and no full_attention/],
    ['attention in both directions', { use_bidirectional_attention: 'all' }, /only causal attention/],
    [
      'a base outside the parameters',
      { rope_theta: 1e4 },
      /rope_theta is 10000: this class reads rope_parameters only/,
    ],
    ['no parameters of a type', { rope_parameters: { [FULL]: {} } }, /rope_parameters has no "sliding_attention"/],
    [
      'an unknown type of positions',
      { rope_parameters: { [FULL]: { rope_type: 'x', rope_theta: 9 }, sliding_attention: { rope_theta: 9 } } },
      /"x"/,
    ],
    ['a size of a layer', { per_layer_config: { 1: { intermediate_size: 3 } } }, /unknown key "intermediate_size"/],
    [
      'layers of a type that differ',
      { per_layer_config: { 1: { head_dim: 4 } } },
      /several sizes for the layers of full/,
    ],
    ['half a head', { per_layer_config: { 0: { head_dim: 0.5 } } }, /has 0.5 for layer 0, not a positive integer/],
    ['uneven heads', { num_global_key_value_heads: 3 }, /4 attention heads cannot share 3/],
    [
      'tokens without an embedding',
      { hidden_size_per_layer_input: 4, vocab_size_per_layer_input: 60 },
      /vocab_size_per_layer_input is 60, less than vocab_size/,
    ],
    ['an unknown key', { attention_sink_size: 4 }, /"attention_sink_size": 4 may change what gemma4_text computes/],
  ])('is refused with %s', (_, changes, message) => {
    const run = () => decoderOf({ ...configOf('gemma4-text'), ...changes });
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  });
});
