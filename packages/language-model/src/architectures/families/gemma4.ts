import { isObject } from '@shadow-gate/platform/json';
import type { Config } from '../config.ts';
import type { Decoder, ExpertsBeside, Rope } from '../decoder.ts';
import { ropesByType } from '../rope.ts';
import { gatedExperts, readExpertSizes, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import {
  expectPattern,
  gemmaAttention,
  gemmaPerLayerInput,
  keySources,
  readPerLayerEmbeddings,
  sandwichNorms,
  spareModules,
} from './gemma.ts';
import {
  block,
  gatedMlp,
  layerTypes,
  llamaDecoder,
  readHead,
  readSizes,
  readWindow,
  rmsNorm,
  rmsNorms,
  type Sizes,
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
  tie_word_embeddings: true,
  final_logit_softcapping: null,
  attention_k_eq_v: false,
  num_kv_shared_layers: 0,
  use_double_wide_mlp: false,
  enable_moe_block: false,
} as const;

/**
 * Gemma 4: embeddings for each layer (E2B, E4B), keys and values that the last layers share, larger heads in layers
 * without a window, which can use their keys as values, and experts in parallel with the MLP (26B-A4B).
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

/** The 12B model, which has neither embeddings for each layer nor experts. */
export const gemma4Unified: ModelFamily = {
  modelType: 'gemma4_unified_text',
  defaults: { ...DEFAULTS, max_position_embeddings: 262144, sliding_window: 1024, hidden_size_per_layer_input: 0 },
  keys: { nullable: 'attention_dropout final_logit_softcapping', notNull: 'sliding_window' },
  describe,
};

const TYPES = ['sliding_attention', 'full_attention'] as const;
type LayerType = (typeof TYPES)[number];

const PATTERN = 6;

/** Rotary parameters for a config without them. */
const ROPES: Readonly<Record<LayerType, Readonly<Record<string, unknown>>>> = {
  sliding_attention: { rope_type: 'default', rope_theta: 10000 },
  full_attention: { rope_type: 'proportional', partial_rotary_factor: 0.25, rope_theta: 1e6 },
};

function describe(config: Config): Decoder {
  const sizes = readSizes(config);
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
  const norm = rmsNorms(sizes);
  const activation = config.activation('hidden_activation');
  const width = config.size('intermediate_size');
  const isDoubled = config.boolean('use_double_wide_mlp');
  const beside = readExperts(sizes);
  const layer = (i: number) => {
    const module = `layers.${i}`;
    const source = sources[i] ?? null;
    const { sizes: own, ...attention } = kindOf(i);
    return block({
      mixer: gemmaAttention(own, i, { ...attention, source }),
      mlp: gatedMlp(sizes, `${module}.mlp`, { width: isDoubled && source !== null ? 2 * width : width, activation }),
      ...sandwichNorms(module, norm),
      ...(beside && { beside: beside(module) }),
      ...(perLayer && { perLayerInput: gemmaPerLayerInput(config, module, perLayer.size, sizes.hidden) }),
      scalar: `${module}.layer_scalar`,
    });
  };
  return llamaDecoder(sizes, layer, {
    embeddingScale: Math.sqrt(sizes.hidden),
    ...(perLayer && { perLayerEmbeddings: perLayer }),
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
 * Heads of the layers of a type. transformers writes them for each layer (`per_layer_config`); files on the Hub have
 * other keys for those without a window.
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
    const overrides = written[i] ?? {};
    if (!isObject(overrides)) throw config.error(`per_layer_config of layer ${i} is not an object`);
    const { head_dim: head, num_key_value_heads: heads, ...rest } = overrides;
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

/** The experts in parallel with each layer's MLP; null if the config has none. */
function readExperts(sizes: Sizes): ((module: string) => ExpertsBeside) | null {
  const { config, hidden } = sizes;
  if (!config.boolean('enable_moe_block')) {
    config.ignore('num_experts', 'top_k_experts', 'moe_intermediate_size');
    return null;
  }
  const experts = readExpertSizes(sizes, { count: 'num_experts', perToken: 'top_k_experts' });
  const norm = rmsNorms(sizes);
  const bareNorm = rmsNorm(null, hidden, config.positive('rms_norm_eps'));
  return (module) => ({
    experts: gatedExperts(experts, module, {
      activation: config.activation('hidden_activation'),
      router: softmaxRouter(`${module}.router.proj`, experts, {
        input: { norm: bareNorm, gain: `${module}.router.scale`, scale: 1 / Math.sqrt(hidden) },
        expertScales: `${module}.router.per_expert_scale`,
      }),
    }),
    norm: norm(`${module}.pre_feedforward_layernorm_2`),
    outputNorm: norm(`${module}.post_feedforward_layernorm_2`),
    mlpOwnNorm: norm(`${module}.post_feedforward_layernorm_1`),
  });
}
