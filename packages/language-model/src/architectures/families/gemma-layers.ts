/** Common parts of Gemma 3n and Gemma 4. */
import type { Config } from '../config.ts';
import type { Attention } from '../decoder.ts';
import type { PerLayerEmbeddings, PerLayerInput } from '../per-layer-embeddings.ts';
import { headNorms, linear, plainAttention, rmsNorm, type Sizes, separateProjections } from './layers.ts';

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
