import type { Config } from '../config.ts';
import type { Attention, Decoder, ExpertsBeside, HeadNorm, Layer, Rope } from '../decoder.ts';
import { ropesByType } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  bareNorm,
  expectPattern,
  gemmaPerLayerInput,
  keySources,
  readPerLayerEmbeddings,
  spareModules,
} from './gemma-layers.ts';
import { sandwichNorms } from './gemma2.ts';
import {
  block,
  decoder,
  eachLayer,
  gatedMlp,
  layerTypes,
  plainAttention,
  readHead,
  readSizes,
  readWindow,
  rmsNorm,
  type Sizes,
  separateProjections,
} from './layers.ts';

const DEFAULTS = {
  vocab_size: 262144,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 30,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  global_head_dim: 512,
  hidden_activation: 'gelu_pytorch_tanh',
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
  attention_bias: false,
  final_logit_softcapping: null,
  attention_k_eq_v: false,
  num_kv_shared_layers: 0,
  use_double_wide_mlp: false,
  enable_moe_block: false,
} as const;

/**
 * Gemma 4: embeddings for each layer (E2B, E4B), keys and values that the last layers share, larger heads in layers
 * without a window, whose keys can be the values as well, and experts in parallel with the MLP (26B-A4B). Read from
 * transformers 5.24, models/gemma4/configuration_gemma4.py and modeling_gemma4.py.
 */
export const gemma4: ModelFamily = {
  modelType: 'gemma4_text',
  defaults: {
    ...DEFAULTS,
    max_position_embeddings: 131072,
    sliding_window: 512,
    hidden_size_per_layer_input: 256,
    vocab_size_per_layer_input: 262144,
  },
  keys: {
    types: {
      bool: 'attention_k_eq_v enable_moe_block use_double_wide_mlp',
      int: 'global_head_dim',
      'int | null': 'num_global_key_value_heads top_k_experts',
    },
    nullable: 'attention_dropout final_logit_softcapping moe_intermediate_size num_experts',
    notNull: 'sliding_window',
  },
  describe,
};

/**
 * The 12B model: the same without embeddings for each layer and without experts
 * (models/gemma4_unified/modeling_gemma4_unified.py).
 */
export const gemma4Unified: ModelFamily = {
  modelType: 'gemma4_unified_text',
  defaults: { ...DEFAULTS, max_position_embeddings: 262144, sliding_window: 1024, hidden_size_per_layer_input: 0 },
  keys: { nullable: 'attention_dropout final_logit_softcapping', notNull: 'sliding_window' },
  describe,
};

const TYPES = ['sliding_attention', 'full_attention'] as const;
type LayerType = (typeof TYPES)[number];

const PATTERN = 6;

/** Rotary parameters of the class, for a config without them. */
const ROPES: Readonly<Record<LayerType, Readonly<Record<string, unknown>>>> = {
  sliding_attention: { rope_type: 'default', rope_theta: 10000 },
  full_attention: { rope_type: 'proportional', partial_rotary_factor: 0.25, rope_theta: 1e6 },
};

function describe(config: Config): Decoder {
  const sizes = readSizes(config);
  const { hidden } = sizes;
  const types = readTypes(sizes);
  const sources = keySources(config, types);
  const kinds = readKinds(sizes, types);
  const kindOf = (i: number) => kinds[types[i] ?? 'full_attention'];
  const perLayer = readPerLayerEmbeddings(sizes);
  if (perLayer !== null && perLayer.vocabulary < config.size('vocab_size')) {
    throw config.error(`vocab_size_per_layer_input is ${perLayer.vocabulary}, less than vocab_size`);
  }
  if (config.modelType === 'gemma4_text' && perLayer === null && sources.some((source) => source !== null)) {
    throw config.error(
      'layers share keys and values, and transformers runs that with hidden_size_per_layer_input only',
    );
  }
  const epsilon = config.positive('rms_norm_eps');
  const norm = (module: string) => rmsNorm(module, hidden, epsilon);
  const width = config.size('intermediate_size');
  const isDoubled = config.boolean('use_double_wide_mlp');
  const beside = readExperts(sizes);
  const layer = (i: number): Layer => {
    const module = `layers.${i}`;
    const source = sources[i] ?? null;
    return block({
      mixer: attentionOf(config, `${module}.self_attn`, kindOf(i), source),
      mlp: gatedMlp(sizes, `${module}.mlp`, {
        width: isDoubled && source !== null ? 2 * width : width,
        key: 'hidden_activation',
      }),
      ...sandwichNorms(module, norm),
      ...(beside && { beside: beside(module) }),
      ...(perLayer && { perLayerInput: gemmaPerLayerInput(config, module, perLayer.size, hidden) }),
      scalar: `${module}.layer_scalar`,
    });
  };
  return decoder(sizes, {
    embeddingScale: Math.sqrt(hidden),
    ...(perLayer && { perLayerEmbeddings: perLayer }),
    layers: eachLayer(sizes, layer),
    finalNorm: norm('norm'),
    head: readHead(config, { softcap: config.numberOrNull('final_logit_softcapping') }),
    spare: spareModules(sources),
  });
}

/** The last layer has no window, whatever the config says. */
function readTypes(sizes: Sizes): LayerType[] {
  expectPattern(sizes.config, PATTERN);
  const types = layerTypes(sizes, TYPES, (i) => ((i + 1) % PATTERN === 0 ? 'full_attention' : 'sliding_attention'));
  return types.with(-1, 'full_attention');
}

/** Layers of one type are alike. */
interface Kind {
  readonly sizes: Sizes;
  readonly rope: Rope;
  readonly window: number | null;
  /** The keys are the values, too, each with its own norm. */
  readonly keysAreValues: boolean;
}

function readKinds(sizes: Sizes, types: readonly LayerType[]): Readonly<Record<LayerType, Kind>> {
  const { config } = sizes;
  const bidirectional = config.text('use_bidirectional_attention');
  if (bidirectional !== null && bidirectional !== 'vision') {
    throw config.error(
      `use_bidirectional_attention is ${JSON.stringify(bidirectional)}: only causal attention is supported`,
    );
  }
  const ropeOf = ropesByType(config, types, ROPES);
  const sizesOf = readSizesByType(sizes, types);
  const isShared = config.boolean('attention_k_eq_v');
  const kind = (type: LayerType): Kind => {
    const own = sizesOf(type);
    return {
      sizes: own,
      rope: ropeOf(type, own.headDim),
      window: type === 'sliding_attention' ? readWindow(config) : null,
      keysAreValues: isShared && type === 'full_attention',
    };
  };
  return { sliding_attention: kind('sliding_attention'), full_attention: kind('full_attention') };
}

/**
 * Heads of the layers of a type. transformers 5.24 writes them for each layer (`per_layer_config`); files on the Hub
 * have other keys for those without a window.
 */
function readSizesByType(sizes: Sizes, types: readonly LayerType[]): (type: LayerType) => Sizes {
  const { config } = sizes;
  const changed = (head: number, keyValueHeads: number): Sizes => {
    if (sizes.heads % keyValueHeads !== 0) {
      throw config.error(`${sizes.heads} attention heads cannot share ${keyValueHeads} key-value heads evenly`);
    }
    return { ...sizes, headDim: head, keyValueHeads };
  };
  if (!config.has('per_layer_config')) {
    const keyValueHeads = config.boolean('attention_k_eq_v') && config.optionalNumber('num_global_key_value_heads');
    config.ignore('num_global_key_value_heads');
    const global = changed(
      config.size('global_head_dim'),
      keyValueHeads ? config.size('num_global_key_value_heads') : sizes.keyValueHeads,
    );
    return (type) => (type === 'full_attention' ? global : sizes);
  }
  // The class does not read these if there is a per_layer_config.
  config.ignore('global_head_dim', 'num_global_key_value_heads');
  const written = config.object('per_layer_config') ?? {};
  const ofLayers = types.map((_, i) => {
    const { head_dim: head, num_key_value_heads: heads, ...rest } = layerOverrides(config, written, i);
    const [foreign] = Object.keys(rest);
    if (foreign !== undefined) throw config.error(`per_layer_config has the unknown key ${JSON.stringify(foreign)}`);
    const size = (value: unknown, usual: number) => {
      if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value > 0)) {
        return value ?? usual;
      }
      throw config.error(`per_layer_config has ${JSON.stringify(value)} for layer ${i}, not a positive integer`);
    };
    return changed(size(head, sizes.headDim), size(heads, sizes.keyValueHeads));
  });
  return (type) => {
    const [first = sizes, ...others] = ofLayers.filter((_, i) => types[i] === type);
    const isAlike = (other: Sizes) => other.headDim === first.headDim && other.keyValueHeads === first.keyValueHeads;
    if (!others.every(isAlike)) throw config.error(`per_layer_config has several sizes for the layers of ${type}`);
    return first;
  };
}

function layerOverrides(config: Config, written: Readonly<Record<string, unknown>>, layer: number) {
  const overrides = written[layer] ?? {};
  if (typeof overrides !== 'object' || Array.isArray(overrides)) {
    throw config.error(`per_layer_config of layer ${layer} is not an object`);
  }
  return overrides as Record<string, unknown>;
}

/** @param source the layer whose keys and values it takes, or null */
function attentionOf(
  config: Config,
  module: string,
  { sizes, rope, window, keysAreValues }: Kind,
  source: number | null,
): Attention {
  const bias = config.boolean('attention_bias');
  const epsilon = config.positive('rms_norm_eps');
  const projections = separateProjections(module, sizes, { bias });
  const headNorm = (name: string): HeadNorm => ({
    over: 'head',
    norm: rmsNorm(`${module}.${name}`, sizes.headDim, epsilon),
  });
  const keys: Pick<Attention, 'projections'> & Partial<Attention> =
    source === null
      ? {
          projections: keysAreValues ? { ...projections, value: 'key' } : projections,
          keyNorm: headNorm('k_norm'),
          valueNorm: { over: 'head', norm: bareNorm(sizes.headDim, epsilon) },
        }
      : { projections: { kind: 'shared', query: projections.query, layer: source } };
  return plainAttention(module, sizes, { rope, window, bias, scale: 1, queryNorm: headNorm('q_norm'), ...keys });
}

/** The experts in parallel with each layer's MLP; null if the config has none. */
function readExperts(sizes: Sizes): ((module: string) => ExpertsBeside) | null {
  const { config, hidden } = sizes;
  if (!config.boolean('enable_moe_block')) {
    config.ignore('num_experts', 'top_k_experts', 'moe_intermediate_size');
    return null;
  }
  const experts = readExpertSizes(sizes, { count: 'num_experts', perToken: 'top_k_experts' });
  const epsilon = config.positive('rms_norm_eps');
  const norm = (module: string) => rmsNorm(module, hidden, epsilon);
  return (module) => ({
    experts: gatedExperts(experts, module, {
      activation: config.activation('hidden_activation'),
      router: softmaxRouter(`${module}.router.proj`, experts, {
        input: { norm: bareNorm(hidden, epsilon), gain: `${module}.router.scale`, scale: 1 / Math.sqrt(hidden) },
        expertScales: `${module}.router.per_expert_scale`,
      }),
    }),
    norm: norm(`${module}.pre_feedforward_layernorm_2`),
    outputNorm: norm(`${module}.post_feedforward_layernorm_2`),
    mlpOwnNorm: norm(`${module}.post_feedforward_layernorm_1`),
  });
}
