import { configKindIn } from '@shadow-gate/checkpoints/config';
import { isObject } from '@shadow-gate/platform/json';
import { type Compressor, entryFeatures, type Indexer, type TokenEntries, type TokenWindows } from '../compressed.ts';
import type { Config } from '../config.ts';
import type { Attention, Experts, Rope } from '../decoder.ts';
import { shown } from '../key-types.ts';
import type { HyperConnection, HyperWeights } from '../manifold-connections.ts';
import { buildRope, type Parameters, parametersOfType, ropeParameters, ropeType } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  eachLayer,
  gatedMlp,
  linear,
  llamaDecoder,
  llamaNorms,
  NUMBERED_NAMES,
  plainAttention,
  readSizes,
  readWindow,
  rmsNorm,
  rmsNorms,
  type Sizes,
} from './layers.ts';

const LAYER_TYPES = ['sliding_attention', 'compressed_sparse_attention', 'heavily_compressed_attention'] as const;
type LayerType = (typeof LAYER_TYPES)[number];

/** Layer types of older configs, by the rate of the windows. */
const BY_RATIO = new Map<unknown, LayerType>([
  [0, 'sliding_attention'],
  [4, 'compressed_sparse_attention'],
  [128, 'heavily_compressed_attention'],
]);
const RATES = { compressed_sparse_attention: 4, heavily_compressed_attention: 128 };
const PARTIAL = 64 / 512;

/**
 * DeepSeek-V4: keys that are their values, entries for windows of tokens and an indexer that chooses among them,
 * hyper-connections, experts that the token itself chooses in the first layers. Layers that predict further tokens are
 * not run.
 */
export const deepseekV4: ModelFamily = {
  modelType: 'deepseek_v4',
  defaults: {
    vocab_size: 129280,
    moe_intermediate_size: 2048,
    num_hidden_layers: 43,
    num_attention_heads: 64,
    num_key_value_heads: 1,
    head_dim: 512,
    q_lora_rank: 1024,
    num_experts_per_tok: 6,
    n_routed_experts: 256,
    scoring_func: 'sqrtsoftplus',
    routed_scaling_factor: 1.5,
    max_position_embeddings: 1048576,
    rope_theta: 10000,
    compress_rope_theta: 160000,
    hc_mult: 4,
    hc_sinkhorn_iters: 20,
    hc_eps: 1e-6,
    swiglu_limit: 10,
    sliding_window: 128,
    o_groups: 8,
    o_lora_rank: 1024,
    index_n_heads: 64,
    index_head_dim: 128,
    index_topk: 512,
  },
  aliases: { num_local_experts: 'n_routed_experts', intermediate_size: 'moe_intermediate_size' },
  keys: {
    types: {
      int: 'hc_mult hc_sinkhorn_iters index_head_dim index_n_heads index_topk o_groups o_lora_rank',
      'int | null': 'compress_rate_csa compress_rate_hca num_hash_layers',
      float: 'hc_eps',
      'float | int': 'compress_rope_theta',
      'dict | null': 'compress_rates',
    },
    typesHere: { float: 'attention_dropout', str: 'scoring_func' },
  },
  describe: (config) => {
    const sizes = readSizes(config);
    if (sizes.keyValueHeads !== 1) throw config.error(`${sizes.keyValueHeads} key-value heads: this family has one`);
    expectItsOwn(config);
    const types = readLayerTypes(sizes);
    const byToken = readHashLayers(sizes);
    const ropes = readRopes(sizes);
    const attention = readAttention(sizes, ropes);
    const experts = readExperts(sizes);
    const hyper = readHyper(sizes);
    const norm = rmsNorms(sizes);
    const layer = (i: number) =>
      block({
        mixer: attention(`layers.${i}.self_attn`, types[i] ?? 'sliding_attention'),
        mlp: experts(`layers.${i}.mlp`, byToken[i] ?? false),
        ...llamaNorms(i, norm),
        hyper: { mixer: hyper.connection(`layers.${i}.attn_hc`), mlp: hyper.connection(`layers.${i}.ffn_hc`) },
      });
    return llamaDecoder(sizes, layer, { hyper: { head: hyper.head } });
  },
};

/** The class computes these whatever the config says. */
function expectItsOwn(config: Config): void {
  const why = 'only that of DeepSeek-V4 is supported';
  config.expect('attention_bias', false, why);
  config.expect('norm_topk_prob', true, why);
  config.expect('n_shared_experts', 1, why);
  config.expect('topk_method', 'noaux_tc', why);
  // The clamps are around SiLU.
  config.expect('hidden_act', 'silu', why);
  // The second describes how the weights are stored, quantized or not.
  config.ignore('num_nextn_predict_layers', 'expert_dtype');
}

/** Newer configs name the types of layers. Older ones have ratios, also for layers that predict further tokens. */
function readLayerTypes(sizes: Sizes): LayerType[] {
  const { config, layers } = sizes;
  const [types, ratios] = [config.list('layer_types'), config.list('compress_ratios')];
  if (types === null && ratios === null) {
    return eachLayer(sizes, (i) =>
      i < 2 || i % 2 === 0 ? 'heavily_compressed_attention' : 'compressed_sparse_attention',
    );
  }
  const [key, written] = types === null ? ['compress_ratios', ratios ?? []] : ['layer_types', types];
  if (written.length < layers) throw config.error(`${key} has ${written.length} entries for ${layers} layers`);
  return written.slice(0, layers).map((type, i) => {
    const found = types === null ? BY_RATIO.get(type) : LAYER_TYPES.find((item) => item === type);
    if (found !== undefined) return found;
    const known = types === null ? [...BY_RATIO.keys()].map(String) : LAYER_TYPES;
    throw config.unknownWord(`${key}[${i}]`, type, known);
  });
}

/** For each layer: do the tokens choose its experts? */
function readHashLayers(sizes: Sizes): boolean[] {
  const { config, layers } = sizes;
  const types = config.list('mlp_layer_types');
  const count = config.optionalNumber('num_hash_layers') ?? 3;
  if (types === null) return eachLayer(sizes, (i) => i < count);
  if (types.length < layers) throw config.error(`mlp_layer_types has ${types.length} entries for ${layers} layers`);
  return types.slice(0, layers).map((type, i) => {
    if (type === 'hash_moe' || type === 'moe') return type === 'hash_moe';
    throw config.unknownWord(`mlp_layer_types[${i}]`, type, ['hash_moe', 'moe']);
  });
}

/** `main` is for layers without entries. */
type Ropes = Readonly<Record<'main' | 'compress', Rope>>;

function readRopes({ config, headDim }: Sizes): Ropes {
  const { main, compress } = readRopeParameters(config, headDim);
  const build = (parameters: Parameters): Rope => {
    const rope = buildRope(config, headDim, parameters, {
      theta: config.number('rope_theta'),
      mayBePartial: true,
      interleaved: true,
    });
    // Entries and tokens have other lengths, and would switch their frequencies apart.
    if (rope.long !== null) throw config.error('rope_type "longrope" is not supported in this family');
    return { ...rope, isLast: true };
  };
  return { main: build(main), compress: build(compress) };
}

/** A single set of parameters is that of layers with entries; YaRN's magnitude is then 1 unless it is written. */
function readRopeParameters(config: Config, headDim: number): Record<keyof Ropes, Parameters> {
  const written = ropeParameters(config);
  const share = config.optionalNumber('partial_rotary_factor');
  const rotated = config.optionalNumber('qk_rope_head_dim');
  if (share !== null && rotated !== null && rotated !== Math.trunc(share * headDim)) {
    throw config.error(`qk_rope_head_dim is ${rotated}, and partial_rotary_factor ${share} of ${headDim} dimensions`);
  }
  const compressTheta = config.number('compress_rope_theta');
  if (isObject(written.main) && isObject(written.compress)) {
    return { main: parametersOfType(config, written, 'main'), compress: parametersOfType(config, written, 'compress') };
  }
  const partial = share ?? (rotated === null ? PARTIAL : rotated / headDim);
  return {
    main: { rope_theta: config.number('rope_theta'), partial_rotary_factor: partial },
    compress: {
      ...(ropeType(written) === 'yarn' ? { attention_factor: 1 } : {}),
      ...written,
      rope_theta: compressTheta,
      partial_rotary_factor: partial,
    },
  };
}

function readAttention(sizes: Sizes, ropes: Ropes): (module: string, type: LayerType) => Attention {
  const { config, hidden, heads, headDim } = sizes;
  const epsilon = config.positive('rms_norm_eps');
  const window = readWindow(config);
  if (window === null) throw config.error('sliding_window is null');
  const rank = config.size('q_lora_rank');
  const groups = config.size('o_groups', heads * headDim);
  if ((heads * headDim) % groups !== 0)
    throw config.error(`${heads * headDim} values are not ${groups} groups of one size`);
  const outputRank = config.size('o_lora_rank');
  const entriesOf = readEntries(sizes, { rank, ropeDim: ropes.compress.dim });
  return (module, type) => {
    const plain = (name: string, input: number, output: number) => linear(`${module}.${name}`, input, output);
    const entries = entriesOf(`${module}.compressor`, type);
    const kept = entries === null ? [] : entryFeatures(entries).map(({ output }) => output);
    return plainAttention(module, sizes, {
      rope: entries === null ? ropes.main : ropes.compress,
      window,
      valueDim: entries === null ? headDim : kept.reduce((sum, size) => sum + size, 0),
      projections: {
        kind: 'compressed',
        query: {
          down: plain('q_a_proj', hidden, rank),
          norm: rmsNorm(`${module}.q_a_norm`, rank, epsilon),
          up: plain('q_b_proj', rank, heads * headDim),
        },
        keyValue: plain('kv_proj', hidden, headDim),
        entries,
        outputGroups: { tensor: `${module}.o_a_proj.weight`, count: groups, rank: outputRank },
      },
      output: plain('o_b_proj', groups * outputRank, hidden),
      queryNorm: { over: 'head', norm: rmsNorm(null, headDim, epsilon) },
      keyNorm: { over: 'head', norm: rmsNorm(`${module}.kv_norm`, headDim, epsilon) },
      sinks: `${module}.sinks`,
    });
  };
}

function readEntries(
  { config, hidden, headDim }: Sizes,
  { rank, ropeDim }: { readonly rank: number; readonly ropeDim: number },
): (module: string, type: LayerType) => TokenEntries | null {
  const epsilon = config.positive('rms_norm_eps');
  const rates = readRates(config);
  const sparse: TokenWindows = { rate: rates.compressed_sparse_attention, overlap: true };
  const heavy: TokenWindows = { rate: rates.heavily_compressed_attention, overlap: false };
  const heads = config.size('index_n_heads');
  const indexDim = config.size('index_head_dim');
  if (indexDim < ropeDim) throw config.error(`index_head_dim is ${indexDim}, and ${ropeDim} dimensions are rotated`);
  const most = config.size('index_topk');
  const compressor = (module: string, size: number, { overlap }: TokenWindows): Compressor => {
    const layer = (name: string) => linear(`${module}.${name}`, hidden, (overlap ? 2 : 1) * size);
    return {
      value: layer('kv_proj'),
      gate: layer('gate_proj'),
      positionBias: `${module}.position_bias`,
      norm: rmsNorm(`${module}.kv_norm`, size, epsilon),
      size,
    };
  };
  const indexer = (module: string): Indexer => ({
    compressor: compressor(module, indexDim, sparse),
    heads,
    query: linear(`${module}.q_b_proj`, rank, heads * indexDim),
    weights: linear(`${module}.scorer.weights_proj`, hidden, heads),
    most,
  });
  return (module, type) => {
    if (type === 'sliding_attention') return null;
    const isSparse = type === 'compressed_sparse_attention';
    const windows = isSparse ? sparse : heavy;
    return {
      windows,
      compressor: compressor(module, headDim, windows),
      indexer: isSparse ? indexer(`${module}.indexer`) : null,
    };
  };
}

/** Tokens in a window, by layer type; older configs have a key for each. */
function readRates(config: Config): typeof RATES {
  const written = config.object('compress_rates') ?? RATES;
  const older = {
    compressed_sparse_attention: config.optionalNumber('compress_rate_csa'),
    heavily_compressed_attention: config.optionalNumber('compress_rate_hca'),
  };
  const foreign = Object.keys(written).find((type) => !Object.hasOwn(RATES, type));
  if (foreign !== undefined) throw config.unknownWord('a key of compress_rates', foreign, Object.keys(RATES));
  const rate = (type: keyof typeof RATES): number => {
    const value = older[type] ?? (written as Parameters)[type];
    const isWhole = typeof value === 'number' && Number.isSafeInteger(value) && configKindIn(written, type) !== 'float';
    if (isWhole && value > 0) return value;
    throw config.error(`the rate of ${type} is ${shown(value)}, not a positive integer`);
  };
  return {
    compressed_sparse_attention: rate('compressed_sparse_attention'),
    heavily_compressed_attention: rate('heavily_compressed_attention'),
  };
}

const SCORES = new Map<string, 'sigmoid' | 'sqrt-softplus'>([
  ['sqrtsoftplus', 'sqrt-softplus'],
  ['sigmoid', 'sigmoid'],
]);

function readExperts(sizes: Sizes): (module: string, isByToken: boolean) => Experts {
  const { config } = sizes;
  const experts = readExpertSizes(sizes, { count: 'n_routed_experts' });
  const { count, width } = experts;
  const vocabulary = config.size('vocab_size');
  const written = config.has('scoring_func') ? config.text('scoring_func') : 'sqrtsoftplus';
  const scores = SCORES.get(written ?? '');
  if (scores === undefined) throw config.unknownWord('scoring_func', written, [...SCORES.keys()]);
  const scale = config.positive('routed_scaling_factor');
  const activation = { kind: 'clamped-swiglu', alpha: 1, limit: config.positive('swiglu_limit'), added: 0 } as const;
  const bias = config.boolean('mlp_bias');
  return (module, isByToken) => {
    const router = softmaxRouter(`${module}.gate`, experts, {
      scores,
      normalize: { added: 1e-20, least: 0 },
      scale,
      ...(isByToken
        ? { byToken: { tensor: `${module}.gate.tid2eid`, vocabulary } }
        : { correction: { tensor: `${module}.gate.e_score_correction_bias`, shape: [count] } }),
    });
    const mlp = gatedMlp(sizes, `${module}.shared_experts`, { width, bias, activation });
    return gatedExperts(experts, module, { names: NUMBERED_NAMES, router, activation, shared: { mlp, gate: null } });
  };
}

function readHyper({ config, hidden }: Sizes) {
  const count = config.size('hc_mult');
  const iterations = config.size('hc_sinkhorn_iters');
  const norm = rmsNorm(null, count * hidden, config.positive('rms_norm_eps'));
  const epsilon = config.positive('hc_eps');
  const weights = (start: string): HyperWeights => ({
    count,
    norm,
    epsilon,
    fn: `${start}fn`,
    base: `${start}base`,
    scale: `${start}scale`,
  });
  const connection = (module: string): HyperConnection => ({ ...weights(`${module}.`), iterations });
  return { connection, head: weights('hc_head.hc_') };
}
