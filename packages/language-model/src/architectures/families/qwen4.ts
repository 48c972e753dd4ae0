import { given } from '@shadow-gate/platform';
import type { Config } from '../config.ts';
import type { StreamExchange, StreamMix } from '../hyper-connections.ts';
import { type NgramInput, primesFrom } from '../ngrams.ts';
import type { Convolution } from '../parts.ts';
import type { GatedDelta } from '../recurrent.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { block, layerTypes, linear, llamaDecoder, readSizes, rmsNorm, type Sizes } from './layers.ts';
import {
  gatedDelta,
  QWEN_HYBRID_DEFAULTS,
  qwenExperts,
  qwenGatedAttention,
  separateDeltaProjections,
} from './qwen3-5.ts';

/**
 * Qwen 4, experimental: the mixers and experts of Qwen 3.5 in blocks with several residual streams, to which some
 * layers add embeddings of the last few tokens. Attention is sparse in long texts, which are not run: torch.topk
 * chooses blocks of tokens by scores that are often equal (a ReLU makes them 0), in no defined order
 * (`Qwen4ExpTextQSAIndexer`).
 */
export const qwen4: ModelFamily = {
  modelType: 'qwen4_exp_text',
  defaults: {
    ...QWEN_HYBRID_DEFAULTS,
    hidden_size: 2048,
    num_hidden_layers: 40,
    num_key_value_heads: 2,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts_per_tok: 10,
    num_experts: 512,
    norm_topk_prob: true,
    hc_count: 4,
    hc_lowrank: 320,
    ple_conv_kernel_size: 4,
    ngram_size: 3,
    heads_per_ngram: 8,
    ngram_vocab_size_base: 20_000_000,
    make_ngram_vocab_size_divisible_by: 128,
    seed: 1234,
  },
  keys: {
    types: {
      int: `
        hc_count hc_lowrank heads_per_ngram make_ngram_vocab_size_divisible_by ngram_size
        ngram_vocab_size_base ple_conv_kernel_size split_ngram_parts`,
      'int | null': `
        indexer_budget indexer_compress_ratio indexer_head_dim indexer_kv_heads indexer_n_heads ple_embed_dim`,
      'list[int] | null': 'ple_layer_ids',
    },
    typesHere: { int: 'seed' },
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, {
      theta: 10000,
      mayBePartial: true,
      sections: { missing: [11, 11, 10], isWhole: false },
    });
    const types = mixerTypes(sizes);
    const bias = config.boolean('attention_bias');
    const delta = gatedDelta(sizes, separateDeltaProjections, gateOfDelta(config));
    const experts = qwenExperts(sizes, { normalize: config.boolean('norm_topk_prob') });
    const { mix, exchange, count } = readStreams(sizes);
    const indexer = readIndexer(sizes, types);
    const { kernel, ofLayer } = readNgrams(sizes, { count, types });
    // In configs of the families before, and not read.
    config.ignore('intermediate_size', 'mlp_only_layers', 'use_qk_norm', 'mamba_ssm_dtype', 'attn_output_gate');
    config.ignore('mtp_num_hidden_layers', 'mtp_use_dedicated_embeddings');
    const layer = (i: number) => {
      const module = `layers.${i}`;
      const attention = () => {
        const forLonger = indexer?.tensors(`${module}.self_attn.indexer`);
        return qwenGatedAttention(sizes, i, { rope, bias, ...given({ forLonger }) });
      };
      const recurrent = (): GatedDelta => {
        const mixer = delta(`${module}.linear_attn`);
        return { ...mixer, convolution: reaching(mixer.convolution, kernel), ...given({ ngrams: ofLayer(i) }) };
      };
      return block({
        mixer: types[i] === 'linear_attention' ? recurrent() : attention(),
        mlp: experts(`${module}.mlp`),
        hyperConnections: {
          mixer: exchange(`${module}.attn_hyper_connection`),
          mlp: exchange(`${module}.mlp_hyper_connection`),
        },
      });
    };
    return llamaDecoder(sizes, layer, {
      ...(indexer && { maxLength: Math.min(config.size('max_position_embeddings'), indexer.denseLength) }),
      hyperConnections: { count, mix: mix('hyper_connection_mixer') },
      finalNorm: null,
      spare: types.flatMap((type, i) => (type === 'linear_attention' ? [] : [`layers.${i}.self_attn.indexer`])),
    });
  },
};

/** Files call sparse attention full. */
function mixerTypes(sizes: Sizes) {
  const interval = sizes.config.size('full_attention_interval');
  return layerTypes(sizes, ['linear_attention', 'full_attention', 'indexed_attention'], (i) =>
    (i + 1) % interval === 0 ? 'indexed_attention' : 'linear_attention',
  );
}

const DELTA_GATES = ['silu', 'sigmoid'] as const;

function gateOfDelta(config: Config): (typeof DELTA_GATES)[number] {
  const written = config.text('output_gate_type') || (config.text('hidden_act') ?? 'silu');
  const gate = DELTA_GATES.find((name) => name === written);
  if (gate === undefined) throw config.unknownWord('output_gate_type', written, DELTA_GATES);
  return gate;
}

/**
 * A query sees the `indexer_budget` / `indexer_compress_ratio` best blocks of `indexer_compress_ratio` tokens, and the
 * tokens after the last whole block: all of at most `denseLength` tokens. Null if no layer has an indexer.
 */
function readIndexer({ config, hidden }: Sizes, types: readonly string[]) {
  if (types.every((type) => type === 'linear_attention')) {
    config.ignore('indexer_budget', 'indexer_compress_ratio', 'indexer_head_dim', 'indexer_kv_heads');
    config.ignore('indexer_n_heads');
    return null;
  }
  const [budget, ratio] = [config.size('indexer_budget'), config.size('indexer_compress_ratio')];
  if (budget % ratio !== 0) throw config.error(`indexer_budget ${budget} is not a multiple of ${ratio}`);
  if (config.size('indexer_kv_heads') !== 1)
    throw config.error('indexer_kv_heads is not 1, and the class takes no other');
  const [heads, headDim] = [config.size('indexer_n_heads'), config.size('indexer_head_dim')];
  const tensors = (module: string) => [
    { tensor: `${module}.index_qk_proj.weight`, shape: [(heads + 1) * headDim, hidden] },
    { tensor: `${module}.q_layernorm.weight`, shape: [headDim] },
    { tensor: `${module}.k_layernorm.weight`, shape: [headDim] },
  ];
  return { denseLength: budget + ratio - 1, tensors };
}

function readStreams({ config, hidden }: Sizes) {
  const [count, rank] = [config.size('hc_count'), config.size('hc_lowrank')];
  if (count === 1) throw config.error('hc_count is 1, and must be larger');
  const width = count * hidden;
  const mix = (module: string): StreamMix => ({
    count,
    norm: rmsNorm(`${module}.hc_norm`, width, config.positive('rms_norm_eps'), { plusOne: true }),
    down: linear(`${module}.input_mix_weight_down`, width, rank),
    up: linear(`${module}.input_mix_weight_up`, rank, width),
  });
  const exchange = (module: string): StreamExchange => ({
    ...mix(module),
    inject: linear(`${module}.block_inject_weight`, width, count),
  });
  return { count, mix, exchange };
}

/** Larger values are a mistake: tokens of an n-gram, rows of n-grams in all layers, least size of a table. */
const MAX_NGRAM = 64;
const MAX_ROWS = 16_384;
const MAX_TABLE = 2 ** 31;
/** Token ids are kept as float32. */
const MAX_VOCABULARY = 2 ** 24 - 1;
const NEXT_SEED = 10_007;

/** The n-grams of each layer, and the tokens that convolutions reach. */
function readNgrams(
  { config, hidden, layers }: Sizes,
  { count, types }: { readonly count: number; readonly types: readonly string[] },
) {
  const ids = new Set(config.list('ple_layer_ids') ?? []);
  config.ignore('split_ngram_parts'); // of files, which tell it
  const numbers = [...ids].map((id) => {
    if (typeof id !== 'number' || !(id >= 1 && id <= layers) || types[id - 1] !== 'linear_attention') {
      throw config.error(`ple_layer_ids has ${id}, which is no layer of linear attention, counted from 1`);
    }
    return id - 1;
  });
  numbers.sort((a, b) => a - b);
  const kernel = config.size('linear_conv_kernel_dim');
  const [taps, size] = [config.size('ple_conv_kernel_size'), config.size('ngram_size', MAX_NGRAM)];
  const perSize = config.size('heads_per_ngram');
  const width = config.numberOrNull('ple_embed_dim') === null ? hidden : config.size('ple_embed_dim');
  const least = config.size('ngram_vocab_size_base', MAX_TABLE);
  const divisor = config.size('make_ngram_vocab_size_divisible_by', MAX_TABLE);
  const seed = config.number('seed');
  config.expect('number_of_conv_states', numbers.length === 0 ? 1 : 3, 'the class counts them itself');
  if (numbers.length === 0) return { kernel, ofLayer: () => undefined };
  const heads = (size - 1) * perSize;
  if (heads === 0 || width % heads !== 0) {
    throw config.error(`ple_embed_dim ${width} is not a multiple of ${heads} rows of n-grams`);
  }
  if (heads * numbers.length > MAX_ROWS) throw config.error(`n-grams have ${heads} rows in each layer`);
  if (!Number.isSafeInteger(seed)) throw config.error(`seed is ${seed}, not an integer`);
  const vocabulary = config.size('vocab_size', MAX_VOCABULARY);
  const separator = config.firstNumber('eos_token_id');
  const primes = primesFrom(least, heads * numbers.length);
  const reach = Math.max(kernel, (taps - 1) * size + 1);
  const channels = count * hidden;
  const ofLayer = (layer: number): NgramInput | undefined => {
    const index = numbers.indexOf(layer);
    if (index < 0) return undefined;
    const module = `layers.${layer}.ple`;
    const sizes = primes.slice(index * heads, (index + 1) * heads);
    const rows = sizes.reduce((sum, one) => sum + one, 0);
    const norm = (name: string) =>
      rmsNorm(`${module}.${name}`, channels, config.positive('rms_norm_eps'), { plusOne: true });
    return {
      size,
      separator,
      hash: { module: `${module}.ple_embedding`, seed: seed + NEXT_SEED * index, vocabulary, sizes },
      table: {
        module: `${module}.ple_embedding.ngram_embedding`,
        rows: Math.ceil(rows / divisor) * divisor,
        width: width / heads,
      },
      key: linear(`${module}.key_proj`, width, channels),
      value: linear(`${module}.value_proj`, width, hidden),
      keyNorm: norm('norm_key'),
      streamNorm: norm('norm_query'),
      convolutionNorm: norm('norm_conv'),
      convolution: {
        module: `${module}.conv1d`,
        channels,
        kernel: reach,
        taps: { count: taps, dilation: size },
        bias: false,
        activation: 'silu',
      },
    };
  };
  return { kernel: reach, ofLayer };
}

/** The convolution, padded to the longest reach in the decoder. */
function reaching(convolution: Convolution, kernel: number): Convolution {
  return kernel === convolution.kernel
    ? convolution
    : { ...convolution, kernel, taps: { count: convolution.kernel, dilation: 1 } };
}
