import type { Config } from '../config.ts';
import type { Chunk, HeadNorm, Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, sharedExpert, softmaxRouter, stackedExperts } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { eachLayer, gatedMlp, llamaDecoder, llamaLayer, readSizes, rmsNorm, type Sizes } from './layers.ts';

/**
 * Llama 4 (Meta 2025): chunked attention with rotary positions in three of four layers, a temperature and no positions
 * in the others. The sigmoid of a router's logit scales the expert's input.
 */
export const llama4Text: ModelFamily = {
  modelType: 'llama4_text',
  defaults: {
    vocab_size: 202048,
    hidden_size: 5120,
    intermediate_size: 8192,
    intermediate_size_mlp: 16384,
    num_hidden_layers: 48,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    num_experts_per_tok: 1,
    num_local_experts: 16,
    interleave_moe_layer_step: 1,
    use_qk_norm: true,
    no_rope_layer_interval: 4,
    attention_chunk_size: 8192,
    attn_temperature_tuning: true,
    floor_scale: 8192,
    attn_scale: 0.1,
  },
  keys: {
    types: {
      bool: 'attn_temperature_tuning',
      int: 'floor_scale interleave_moe_layer_step intermediate_size_mlp',
      'int | null': 'attention_chunk_size',
      float: 'attn_scale',
      'list[int] | null': 'moe_layers',
    },
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 500_000, interleaved: true });
    const bias = config.boolean('attention_bias');
    const isRotated = readRotatedLayers(sizes);
    const windows = readChunks(sizes, isRotated);
    const norm: HeadNorm | null = config.boolean('use_qk_norm')
      ? { over: 'head', norm: rmsNorm(null, sizes.headDim, config.positive('rms_norm_eps')) }
      : null;
    const temperature = readTemperature(config);
    const mlp = mlps(sizes);
    return llamaDecoder(sizes, (i) => {
      const positions = isRotated[i]
        ? { rope, queryNorm: norm, keyNorm: norm, headNorms: 'after rope' as const }
        : { rope: null, temperature };
      return llamaLayer(sizes, i, { bias, window: windows[i] ?? null, ...positions }, { mlp: mlp(i) });
    });
  },
};

/** `no_rope_layers` has 1 for layers with rotary positions, in spite of its name; an empty list counts as missing. */
function readRotatedLayers(sizes: Sizes): boolean[] {
  const { config } = sizes;
  const list = config.list('no_rope_layers') ?? [];
  const interval = config.size('no_rope_layer_interval');
  if (list.length === 0) return eachLayer(sizes, (i) => (i + 1) % interval !== 0);
  if (list.length !== sizes.layers) {
    throw config.error(`no_rope_layers has ${list.length} entries for ${sizes.layers} layers`);
  }
  return list.map((item) => {
    if (item !== 0 && item !== 1) throw config.error(`no_rope_layers has ${JSON.stringify(item)}, neither 0 nor 1`);
    return item === 1;
  });
}

/** The chunk of each layer, or null for full attention. Without `layer_types`, layers with positions have chunks. */
function readChunks(sizes: Sizes, isRotated: readonly boolean[]): (Chunk | null)[] {
  const { config } = sizes;
  const chunk =
    config.numberOrNull('attention_chunk_size') === null ? null : { chunk: config.size('attention_chunk_size') };
  const types = config.list('layer_types');
  if (types === null) return isRotated.map((has) => (has ? chunk : null));
  if (types.length !== sizes.layers) {
    throw config.error(`layer_types has ${types.length} entries for ${sizes.layers} layers`);
  }
  return types.map((type, i) => {
    if (type === 'full_attention') return null;
    if (type !== 'chunked_attention')
      throw config.unknownWord(`layer_types[${i}]`, type, ['full_attention', 'chunked_attention']);
    if (chunk === null) throw config.error('layer_types has chunked_attention, and attention_chunk_size is null');
    return chunk;
  });
}

function readTemperature(config: Config) {
  const length = config.positive('floor_scale');
  const scale = config.number('attn_scale');
  return config.boolean('attn_temperature_tuning') ? ({ scale, length, offset: 1 } as const) : null;
}

function mlps(sizes: Sizes): (index: number) => Mlp {
  const { config, layers } = sizes;
  const step = config.size('interleave_moe_layer_step');
  const written = config.list('moe_layers');
  const sparse = written ?? Array.from({ length: layers }, (_, i) => i).filter((i) => (i + 1) % step === 0);
  const experts = readExpertSizes(sizes, { count: 'num_local_experts', width: 'intermediate_size' });
  const width = config.size('intermediate_size_mlp');
  return (index) => {
    const at = `layers.${index}.feed_forward`;
    if (!sparse.includes(index)) return gatedMlp(sizes, at, { width });
    return gatedExperts(experts, at, {
      router: softmaxRouter(`${at}.router`, experts, { normalize: false, scores: 'sigmoid' }),
      scales: 'input',
      stacked: stackedExperts(`${at}.experts`, 'input-first'),
      shared: sharedExpert(sizes, `${at}.shared_expert`, { width: experts.width }),
    });
  };
}
