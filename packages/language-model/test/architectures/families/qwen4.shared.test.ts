import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { attentionMixers, recurrentMixers } from '../../../src/architectures/decoder.ts';
import { ngramMultipliers, primesFrom } from '../../../src/architectures/ngrams.ts';
import { recurrentShape } from '../../../src/architectures/recurrent.ts';
import { checkpointOf } from '../checkpoint-of.ts';

const INDEXER = {
  indexer_n_heads: 4,
  indexer_kv_heads: 1,
  indexer_head_dim: 128,
  indexer_budget: 2048,
  indexer_compress_ratio: 16,
};
const CONFIG = { model_type: 'qwen4_exp_text', num_hidden_layers: 4, ...INDEXER };
const decoderOf = (config: Record<string, unknown>) => describeDecoder(checkpointOf(config));

describe('Qwen 4', () => {
  it('has the defaults of its class', () => {
    const decoder = decoderOf({ model_type: 'qwen4_exp_text', ...INDEXER });
    expect(decoder).toMatchObject({
      vocabulary: 248320,
      hidden: 2048,
      head: { tied: false },
      hyperConnections: { count: 4, mix: { down: { input: 8192, output: 320 } } },
    });
    expect(decoder.layers.map(({ mixer }) => mixer?.kind)).toEqual(
      Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? 'attention' : 'gated-delta')),
    );
    const [attention] = attentionMixers(decoder);
    expect(attention).toMatchObject({ heads: 16, keyValueHeads: 2, headDim: 256, rope: { dim: 256 } });
    expect(attention?.rope?.frequencies[1]).toBeCloseTo(1e4 ** (-2 / 256), 7);
    expect(decoder.layers[0]?.mlp).toMatchObject({ count: 512, perToken: 10, router: { normalize: { added: 0 } } });
    expect(recurrentMixers(decoder).map((mixer) => recurrentShape(mixer).kernel)).toEqual(Array(30).fill(4));
  });

  it('runs texts of which every token sees all before it, and no longer ones', () => {
    expect(decoderOf(CONFIG).maxLength).toBe(2048 + 15);
    expect(decoderOf({ ...CONFIG, max_position_embeddings: 1000 }).maxLength).toBe(1000);
    const linear = { ...CONFIG, layer_types: Array(4).fill('linear_attention') };
    expect(decoderOf(linear).maxLength).toBe(32768);
  });

  it('has the hashes of transformers 5.24: _build_layer_multipliers, _find_nth_prime_after', () => {
    const hash = (seed: number, vocabulary: number) => ({ module: '', sizes: [], seed, vocabulary });
    expect(ngramMultipliers(hash(1234, 248320), 3)).toEqual([23703573157769n, 20109073645365n, 8052911324071n]);
    expect(ngramMultipliers(hash(1234 + 2 * 10007, 248320), 3)).toEqual([
      35243655749357n,
      23198521423797n,
      25737225394503n,
    ]);
    expect(ngramMultipliers(hash(10007 - 5, 64), 2)).toEqual([105458943537067405n, 73620810524243683n]);
    const primes = primesFrom(20_000_000, 17);
    expect([primes[0], primes[1], primes[15], primes[16]]).toEqual([20000003, 20000023, 20000171, 20000213]);
    expect(primesFrom(1, 4)).toEqual([2, 3, 5, 7]);
  });

  it('adds n-grams in the layers of ple_layer_ids, counted from 1 and in their order', () => {
    const decoder = decoderOf({ ...CONFIG, ple_layer_ids: [3, 1, 3], eos_token_id: [7, 8] });
    const ngrams = recurrentMixers(decoder).map((mixer) => (mixer.kind === 'gated-delta' ? mixer.ngrams : undefined));
    expect(ngrams.map((item) => item?.hash.module)).toEqual([
      'layers.0.ple.ple_embedding',
      undefined,
      'layers.2.ple.ple_embedding',
    ]);
    expect(ngrams[2]).toMatchObject({ size: 3, separator: 7, hash: { seed: 1234 + 10007 }, table: { width: 128 } });
    expect(ngrams[2]?.hash.sizes[0]).toBe(20000213);
    expect(ngrams[2]?.table.rows).toBe(Math.ceil((ngrams[2]?.hash.sizes ?? []).reduce((a, b) => a + b, 0) / 128) * 128);
    expect(recurrentMixers(decoder).map((mixer) => recurrentShape(mixer).kernel)).toEqual([10, 10, 10]);
  });

  const NGRAMS = { ...CONFIG, ple_layer_ids: [1], eos_token_id: 7 };
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['sparse attention without its sizes', { ...CONFIG, indexer_budget: null }, /indexer_budget is null/],
    ['a budget of parts of blocks', { ...CONFIG, indexer_budget: 2050 }, /indexer_budget 2050 is not a multiple of 16/],
    ['several heads of keys for the choice', { ...CONFIG, indexer_kv_heads: 2 }, /indexer_kv_heads is not 1/],
    ['one residual stream', { ...CONFIG, hc_count: 1 }, /hc_count is 1/],
    ['another gate', { ...CONFIG, output_gate_type: 'swish' }, /output_gate_type is "swish", which is not supported/],
    ['another gate by default', { ...CONFIG, hidden_act: 'gelu' }, /output_gate_type is "gelu"/],
    [
      'other layers',
      { ...CONFIG, layer_types: Array(4).fill('sliding_attention') },
      /layer_types\[0\] is "sliding_att/,
    ],
    ['n-grams before attention', { ...NGRAMS, ple_layer_ids: [4] }, /ple_layer_ids has 4, which is no layer of linear/],
    ['n-grams without a separator', { ...NGRAMS, eos_token_id: null }, /eos_token_id is null/],
    ['n-grams of one token', { ...NGRAMS, ngram_size: 1 }, /ple_embed_dim 2048 is not a multiple of 0 rows/],
    ['n-grams of other sizes', { ...NGRAMS, ple_embed_dim: 100 }, /ple_embed_dim 100 is not a multiple of 16 rows/],
    [
      'another number of states',
      { ...NGRAMS, number_of_conv_states: 1 },
      /number_of_conv_states is 1: the class counts/,
    ],
  ])('refuses %s', (_, config, pattern) => {
    const run = () => decoderOf(config);
    expect(run).toThrow(UserError);
    expect(run).toThrow(pattern);
  });
});
