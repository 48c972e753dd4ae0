import type { Config } from '../config.ts';
import type { Attention, Decoder, Mlp } from '../decoder.ts';
import type { PerLayerEmbeddings, PerLayerInput } from '../per-layer-embeddings.ts';
import { readRope, ropesWithWindows } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  type AttentionChanges,
  block,
  gatedMlp,
  headNorms,
  linear,
  llamaDecoder,
  llamaLayer,
  plainAttention,
  readHead,
  readSizes,
  readWindow,
  rmsNorm,
  rmsNorms,
  type Sizes,
  type StreamNorm,
  separateProjections,
  slidingLayers,
} from './layers.ts';

/** Gemma 1: scaled embeddings, gains of weight + 1 (arXiv 2403.08295). */
export const gemma: ModelFamily = {
  modelType: 'gemma',
  defaults: {
    vocab_size: 256000,
    hidden_size: 3072,
    intermediate_size: 24576,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: 256,
    hidden_act: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  keys: { nullable: 'hidden_activation' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    config.ignore('hidden_activation', 'layer_types'); // the model class reads hidden_act
    config.expect('use_bidirectional_attention', false, 'only causal attention is supported');
    const bias = config.boolean('attention_bias');
    const norm = rmsNorms(sizes, { plusOne: true });
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { norm, mlp: readMlp(sizes, i) }), {
      norm,
      embeddingScale: Math.sqrt(sizes.hidden),
    });
  },
};

/** The first releases say "gelu" and mean its approximation. */
function readMlp(sizes: Sizes, index: number): Mlp {
  const mlp = gatedMlp(sizes, `layers.${index}.mlp`);
  return sizes.config.text('hidden_act') === 'gelu' ? { ...mlp, activation: 'gelu_tanh' } : mlp;
}

/** Gemma 2 (arXiv 2408.00118): four norms per layer, capped logits, a window in every other layer. */
export const gemma2: ModelFamily = {
  modelType: 'gemma2',
  defaults: {
    vocab_size: 256000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    final_logit_softcapping: 30,
    attn_logit_softcapping: 50,
  },
  keys: { nullable: 'attention_dropout final_logit_softcapping' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const window = readWindow(config);
    const slides = slidingLayers(sizes, (i) => i % 2 === 0);
    const softcap = config.numberOrNull('attn_logit_softcapping');
    return gemmaDecoder(sizes, (i) => ({ rope, softcap, window: slides[i] ? window : null }));
  },
};

/** Norms before and after both halves of a block, with Gemma's names. */
export function sandwichNorms(module: string, norm: StreamNorm) {
  return {
    attentionNorm: norm(`${module}.input_layernorm`),
    attentionOutputNorm: norm(`${module}.post_attention_layernorm`),
    mlpNorm: norm(`${module}.pre_feedforward_layernorm`),
    mlpOutputNorm: norm(`${module}.post_feedforward_layernorm`),
  };
}

/** The common parts of Gemma 2 and 3. */
function gemmaDecoder(sizes: Sizes, attention: (index: number) => AttentionChanges): Decoder {
  const { config } = sizes;
  config.ignore('hidden_act', 'sliding_window_size'); // the model class reads hidden_activation and sliding_window
  config.expect('use_bidirectional_attention', false, 'only causal attention is supported');
  const norm = rmsNorms(sizes, { plusOne: true });
  const layer = (i: number) =>
    block({
      mixer: plainAttention(`layers.${i}.self_attn`, sizes, {
        bias: config.boolean('attention_bias'),
        scale: 1 / Math.sqrt(config.positive('query_pre_attn_scalar')),
        ...attention(i),
      }),
      mlp: gatedMlp(sizes, `layers.${i}.mlp`, { activation: config.activation('hidden_activation') }),
      ...sandwichNorms(`layers.${i}`, norm),
    });
  return llamaDecoder(sizes, layer, {
    norm,
    embeddingScale: Math.sqrt(sizes.hidden),
    head: readHead(config, { softcap: config.numberOrNull('final_logit_softcapping') }),
  });
}

export const GEMMA_THETAS = { full: 1e6, sliding: 1e4, slidingKey: 'rope_local_base_freq' };

/** Gemma 3 (arXiv 2503.19786): norms of queries and keys, a window and another rotary base in five of six layers. */
export const gemma3: ModelFamily = {
  modelType: 'gemma3_text',
  defaults: {
    ...gemma2.defaults,
    vocab_size: 262208,
    max_position_embeddings: 131072,
    sliding_window_pattern: 6,
    final_logit_softcapping: null,
  },
  keys: { types: { 'float | int': 'rope_local_base_freq' }, nullable: 'attention_dropout final_logit_softcapping' },
  describe: (config) => {
    const sizes = readSizes(config);
    const window = readWindow(config);
    const pattern = config.size('sliding_window_pattern');
    const slides = slidingLayers(sizes, (i) => (i + 1) % pattern !== 0);
    config.ignore('attn_logit_softcapping'); // in the config, but never applied
    const ropes = ropesWithWindows(config, sizes.headDim, GEMMA_THETAS);
    return gemmaDecoder(sizes, (i) => ({
      rope: slides[i] ? ropes.sliding : ropes.full,
      window: slides[i] ? window : null,
      ...headNorms(sizes, i, { plusOne: true }),
    }));
  },
};

/** The classes read no pattern: theirs is fixed. A converter may have written one next to `layer_types`. */
export function expectPattern(config: Config, pattern: number): void {
  if (config.list('layer_types') !== null) config.ignore('sliding_window_pattern');
  else config.expect('sliding_window_pattern', pattern, `without layer_types, the class has a pattern of ${pattern}`);
}

/**
 * The layer whose keys and values each layer takes, or null for its own: the last `num_kv_shared_layers` take those of
 * the last layer of their type before them.
 */
export function keySources(config: Config, types: readonly string[]): (number | null)[] {
  const count = config.number('num_kv_shared_layers');
  const first = types.length - count;
  if (!Number.isInteger(count) || count < 0 || first <= 0) {
    throw config.error(`num_kv_shared_layers is ${count}, and there are ${types.length} layers`);
  }
  const own = types.slice(0, first);
  return types.map((type, i) => {
    if (i < first) return null;
    const source = own.lastIndexOf(type);
    if (source < 0) throw config.error(`layer ${i} shares keys and values, and no ${type} layer has its own`);
    return source;
  });
}

/** Files and adapters can have these for layers that share keys and values; no version reads them. */
export function spareModules(sources: readonly (number | null)[]): string[] {
  return sources.flatMap((source, i) =>
    source === null ? [] : ['k_proj', 'v_proj', 'k_norm', 'v_norm'].map((name) => `layers.${i}.self_attn.${name}`),
  );
}

interface GemmaAttention extends Pick<Attention, 'rope' | 'window'> {
  /** The layer whose keys and values it takes, or null. */
  readonly source: number | null;
  /** The keys are the values, too, each with its own norm. */
  readonly keysAreValues?: boolean;
}

export function gemmaAttention(
  sizes: Sizes,
  index: number,
  { source, keysAreValues = false, ...rest }: GemmaAttention,
): Attention {
  const { config, headDim } = sizes;
  const module = `layers.${index}.self_attn`;
  const bias = config.boolean('attention_bias');
  const projections = separateProjections(module, sizes, { bias });
  const { queryNorm, keyNorm } = headNorms(sizes, index);
  const common = { ...rest, bias, scale: 1, queryNorm };
  if (source !== null) {
    const shared = { kind: 'shared', query: projections.query, layer: source } as const;
    return plainAttention(module, sizes, { ...common, projections: shared });
  }
  return plainAttention(module, sizes, {
    ...common,
    projections: keysAreValues ? { ...projections, value: 'key' } : projections,
    keyNorm,
    valueNorm: { over: 'head', norm: rmsNorm(null, headDim, config.positive('rms_norm_eps')) },
  });
}

/** Embeddings for each layer, or null. */
export function readPerLayerEmbeddings({ config, hidden, layers }: Sizes): PerLayerEmbeddings | null {
  const size = config.numberOrNull('hidden_size_per_layer_input') ?? 0;
  config.ignore('vocab_size_per_layer_input');
  if (size === 0) return null;
  return {
    table: 'embed_tokens_per_layer',
    vocabulary: config.size('vocab_size_per_layer_input'),
    size: config.size('hidden_size_per_layer_input'),
    scale: Math.sqrt(size),
    projection: linear('per_layer_model_projection', hidden, layers * size),
    projectionScale: 1 / Math.sqrt(hidden),
    norm: rmsNorm('per_layer_projection_norm', size, config.positive('rms_norm_eps')),
  };
}

export function gemmaPerLayerInput(config: Config, module: string, size: number, hidden: number): PerLayerInput {
  return {
    gate: linear(`${module}.per_layer_input_gate`, hidden, size),
    activation: config.activation('hidden_activation'),
    projection: linear(`${module}.per_layer_projection`, size, hidden),
    norm: rmsNorm(`${module}.post_per_layer_input_norm`, hidden, config.positive('rms_norm_eps')),
  };
}
