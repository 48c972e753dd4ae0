/** Common parts of Gemma 3n and Gemma 4. */
import type { Config } from '../config.ts';
import type { Norm } from '../decoder.ts';
import type { PerLayerEmbeddings, PerLayerInput } from '../per-layer-embeddings.ts';
import { linear, rmsNorm, type Sizes } from './layers.ts';

/** The classes have a pattern of their own and read none. A converter may have written one next to `layer_types`. */
export function expectPattern(config: Config, pattern: number): void {
  if (config.list('layer_types') !== null) config.ignore('sliding_window_pattern');
  else config.expect('sliding_window_pattern', pattern, `without layer_types, the class has a pattern of ${pattern}`);
}

/**
 * The last `num_kv_shared_layers` layers take the keys and values of the last layer of their type before them.
 * @param types of each layer
 * @returns for each layer, the one whose keys and values it takes; null: it has its own
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

/** Files can have these for layers that share keys and values, too, and adapters for them: no version reads them. */
export function spareModules(sources: readonly (number | null)[]): string[] {
  return sources.flatMap((source, i) =>
    source === null ? [] : ['k_proj', 'v_proj', 'k_norm', 'v_norm'].map((name) => `layers.${i}.self_attn.${name}`),
  );
}

/** A norm that only divides by the root of the mean square. */
export function bareNorm(size: number, epsilon: number): Norm {
  return { kind: 'rms', module: null, size, epsilon, plusOne: false, bias: false };
}

/** Embeddings for each layer, by the config; null where it has none. */
export function readPerLayerEmbeddings({ config, hidden, layers }: Sizes): PerLayerEmbeddings | null {
  const size = config.numberOrNull('hidden_size_per_layer_input') ?? 0;
  config.ignore('vocab_size_per_layer_input');
  if (size === 0) return null;
  return {
    table: 'embed_tokens_per_layer',
    vocabulary: config.size('vocab_size_per_layer_input'),
    size: config.size('hidden_size_per_layer_input'),
    scale: Math.sqrt(size),
    projection: linear('per_layer_model_projection', hidden, layers * size, { bias: false }),
    projectionScale: 1 / Math.sqrt(hidden),
    norm: rmsNorm('per_layer_projection_norm', size, config.positive('rms_norm_eps')),
  };
}

/** How layer `module` takes them. */
export function gemmaPerLayerInput(config: Config, module: string, size: number, hidden: number): PerLayerInput {
  return {
    gate: linear(`${module}.per_layer_input_gate`, hidden, size, { bias: false }),
    activation: config.activation('hidden_activation'),
    projection: linear(`${module}.per_layer_projection`, size, hidden, { bias: false }),
    norm: rmsNorm(`${module}.post_per_layer_input_norm`, hidden, config.positive('rms_norm_eps')),
  };
}
