import type { Config } from '../config.ts';
import type {
  Activation,
  Attention,
  Decoder,
  HeadNorm,
  Layer,
  Linear,
  Mixer,
  Mlp,
  ModuleNaming,
  Norm,
  Projections,
  Xielu,
} from '../decoder.ts';

/** The sizes that every family has, with the config that they are from. */
export interface Sizes {
  readonly config: Config;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
}

/** Many times larger than any model: a larger number is a mistake, and the graph would never be finished. */
export const MAX_LAYERS = 2000;
const MAX_HEAD_DIM = 65_536;

/**
 * @param hasHeadDim the family's code reads `head_dim`, which need not be hidden_size / heads
 * @param hasKeyValueHeads it reads `num_key_value_heads`; otherwise every head has a key of its own
 */
export function readSizes(
  config: Config,
  {
    hasHeadDim = true,
    hasKeyValueHeads = true,
  }: { readonly hasHeadDim?: boolean; readonly hasKeyValueHeads?: boolean } = {},
): Sizes {
  const hidden = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  const keyValueHeads = (hasKeyValueHeads ? config.numberOrNull('num_key_value_heads') : null) ?? heads;
  if (keyValueHeads <= 0 || heads % keyValueHeads !== 0) {
    throw config.error(`${heads} attention heads cannot share ${keyValueHeads} key-value heads evenly`);
  }
  const headDim = (hasHeadDim ? config.numberOrNull('head_dim') : null) ?? hidden / heads;
  if (headDim <= 0 || headDim > MAX_HEAD_DIM) throw config.error(`the heads have ${headDim} dimensions`);
  if (!Number.isInteger(headDim)) throw config.error(`hidden_size ${hidden} is not a multiple of ${heads} heads`);
  return { config, hidden, layers: config.size('num_hidden_layers', MAX_LAYERS), heads, keyValueHeads, headDim };
}

export function linear(module: string, input: number, output: number, { bias }: { readonly bias: boolean }): Linear {
  return { module, input, output, bias };
}

export function conv1d(module: string, input: number, output: number): Linear {
  return { module, input, output, bias: true, layout: 'conv1d' };
}

export function rmsNorm(
  module: string,
  size: number,
  epsilon: number,
  { plusOne = false }: { readonly plusOne?: boolean } = {},
): Norm {
  return { kind: 'rms', module, size, epsilon, plusOne, bias: false };
}

export function layerNorm(
  module: string | null,
  size: number,
  epsilon: number,
  { bias = module !== null }: { readonly bias?: boolean } = {},
): Norm {
  return { kind: 'layer', module, size, epsilon, plusOne: false, bias };
}

/** `<module>.q_proj`, `k_proj`, `v_proj`. */
export function separateProjections(
  module: string,
  sizes: Sizes,
  { bias }: { readonly bias: boolean },
): Extract<Projections, { kind: 'separate' }> {
  const width = sizes.keyValueHeads * sizes.headDim;
  return {
    kind: 'separate',
    query: linear(`${module}.q_proj`, sizes.hidden, sizes.heads * sizes.headDim, { bias }),
    key: linear(`${module}.k_proj`, sizes.hidden, width, { bias }),
    value: linear(`${module}.v_proj`, sizes.hidden, width, { bias }),
  };
}

/** The same with a gate for each head's output in `q_proj`: [heads, query | gate]. */
export function gatedProjections(module: string, sizes: Sizes, options: { readonly bias: boolean }): Projections {
  const separate = separateProjections(module, sizes, options);
  return { ...separate, query: { ...separate.query, output: 2 * separate.query.output } };
}

/** Attention as in most families: `<module>.q_proj`, …, `o_proj`, scaled by 1/√headDim, over all earlier positions. */
export function plainAttention(
  module: string,
  sizes: Sizes,
  {
    bias = false,
    outputBias = bias,
    ...rest
  }: { bias?: boolean; outputBias?: boolean } & Pick<Attention, 'rope'> & Partial<Attention>,
): Attention {
  return {
    kind: 'attention',
    heads: sizes.heads,
    keyValueHeads: sizes.keyValueHeads,
    headDim: sizes.headDim,
    valueDim: sizes.headDim,
    projections: separateProjections(module, sizes, { bias }),
    output: linear(`${module}.o_proj`, sizes.heads * sizes.headDim, sizes.hidden, { bias: outputBias }),
    scale: 1 / Math.sqrt(sizes.headDim),
    softcap: null,
    window: null,
    alibi: null,
    queryNorm: null,
    keyNorm: null,
    valueNorm: null,
    headNorms: 'before rope',
    temperature: null,
    sinks: null,
    outputGate: null,
    ...rest,
  };
}

/** `<module>.gate_proj`, `up_proj`, `down_proj`: down(activation(gate(x)) · up(x)). */
export function gatedMlp(
  { config, hidden }: Pick<Sizes, 'config' | 'hidden'>,
  module: string,
  {
    width = config.size('intermediate_size'),
    bias = false,
    key = 'hidden_act',
    cutoff,
    scales,
  }: {
    readonly width?: number;
    readonly bias?: boolean;
    /** Key of the activation in the config. */
    readonly key?: string;
    readonly cutoff?: number | undefined;
    readonly scales?: { readonly gate: number; readonly output: number };
  } = {},
): Extract<Mlp, { kind: 'gated' }> {
  return {
    kind: 'gated',
    gate: linear(`${module}.gate_proj`, hidden, width, { bias }),
    up: linear(`${module}.up_proj`, hidden, width, { bias }),
    down: linear(`${module}.down_proj`, width, hidden, { bias }),
    activation: config.activation(key),
    ...(cutoff === undefined ? {} : { cutoff }),
    ...(scales && { scales }),
  };
}

/** `<module>.gate_up_proj` (gate rows first), `down_proj`, if the family has no other names for them. */
export function fusedGatedMlp(
  { config, hidden }: Sizes,
  {
    key = 'intermediate_size',
    names: [gateUp, down] = ['gate_up_proj', 'down_proj'],
  }: { readonly key?: string; readonly names?: readonly [gateUp: string, down: string] } = {},
): (module: string) => Extract<Mlp, { kind: 'gated-fused' }> {
  const width = config.size(key);
  const activation = config.activation('hidden_act');
  return (module) => ({
    kind: 'gated-fused',
    gateUp: linear(`${module}.${gateUp}`, hidden, 2 * width, { bias: false }),
    down: linear(`${module}.${down}`, width, hidden, { bias: false }),
    activation,
  });
}

/** `<module>.up_proj`, `down_proj`, if the family has no other names for them: down(activation(up(x))). */
export function plainMlp(
  { config, hidden }: Sizes,
  {
    bias = true,
    width = config.size('intermediate_size'),
    names: [up, down] = ['up_proj', 'down_proj'],
    activation = () => config.activation('hidden_act'),
  }: {
    readonly bias?: boolean;
    readonly width?: number;
    readonly names?: readonly [up: string, down: string];
    readonly activation?: (module: string) => Activation | Xielu;
  } = {},
): (module: string) => Extract<Mlp, { kind: 'plain' }> {
  return (module) => ({
    kind: 'plain',
    up: linear(`${module}.${up}`, hidden, width, { bias }),
    down: linear(`${module}.${down}`, width, hidden, { bias }),
    activation: activation(module),
  });
}

/** One layer for queries, keys and values of all heads: by head, or all queries first, then all keys. */
export function fusedProjections(
  layer: Linear,
  { heads }: Sizes,
  { byHead = false }: { readonly byHead?: boolean } = {},
): Extract<Projections, { kind: 'fused' }> {
  return {
    kind: 'fused',
    linear: layer,
    groups: byHead ? heads : 1,
    split: byHead ? [1, 1, 1] : [heads, heads, heads],
  };
}

/** A block with the given parts: attention, then MLP, without norms, unless they say otherwise. */
export function block(parts: Pick<Layer, 'mixer' | 'mlp'> & Partial<Layer>): Layer {
  return {
    residual: 'sequential',
    residualScale: 1,
    attentionNorm: null,
    attentionOutputNorm: null,
    mlpNorm: null,
    mlpOutputNorm: null,
    ...parts,
  };
}

/** A block with attention, then MLP, each with a norm before it. */
export function preNormLayer(mixer: Mixer, mlp: Mlp, attentionNorm: Norm, mlpNorm: Norm): Layer {
  return block({ mixer, mlp, attentionNorm, mlpNorm });
}

/** Deviations of a family from Llama's block. */
interface LlamaLayerOptions {
  readonly mlpBias?: boolean;
  /** Replaces the gated MLP. */
  readonly mlp?: Mlp;
  /** Gains are weight + 1. */
  readonly plusOne?: boolean;
}

/** A block with Llama's names: `input_layernorm`, `self_attn`, `post_attention_layernorm`, `mlp`. */
export function llamaLayer(
  sizes: Sizes,
  index: number,
  attention: Parameters<typeof plainAttention>[2],
  { mlpBias = false, mlp, plusOne = false }: LlamaLayerOptions = {},
): Layer {
  const { config } = sizes;
  const module = `layers.${index}`;
  const norm = (name: string) =>
    rmsNorm(`${module}.${name}`, sizes.hidden, config.positive('rms_norm_eps'), { plusOne });
  return preNormLayer(
    plainAttention(`${module}.self_attn`, sizes, attention),
    mlp ?? gatedMlp(sizes, `${module}.mlp`, { bias: mlpBias }),
    norm('input_layernorm'),
    norm('post_attention_layernorm'),
  );
}

/** A decoder of such blocks. */
export function llamaDecoder(
  sizes: Sizes,
  layer: (index: number) => Layer,
  parts: Partial<Decoder> & { readonly plusOne?: boolean } = {},
): Decoder {
  const { plusOne = false, ...rest } = parts;
  return decoder(sizes, {
    layers: eachLayer(sizes, layer),
    finalNorm: rmsNorm('norm', sizes.hidden, sizes.config.positive('rms_norm_eps'), { plusOne }),
    ...rest,
  });
}

/** Norms of each head's queries and keys, with the names of Qwen and Gemma. */
export function headNorms(
  sizes: Sizes,
  index: number,
  { plusOne = false }: { readonly plusOne?: boolean } = {},
): Pick<Attention, 'queryNorm' | 'keyNorm'> {
  const norm = (name: string): HeadNorm => ({
    over: 'head',
    norm: rmsNorm(`layers.${index}.self_attn.${name}`, sizes.headDim, sizes.config.positive('rms_norm_eps'), {
      plusOne,
    }),
  });
  return { queryNorm: norm('q_norm'), keyNorm: norm('k_norm') };
}

/**
 * The names of modules in a language model on its own, without the backbone's prefix, and in a vision-language model.
 */
export function namings(backbone: string, head = 'lm_head'): ModuleNaming[] {
  return [
    { backbone, head },
    { backbone: '', head },
    { backbone: `language_model.${backbone}`, head: `language_model.${head}` },
    { backbone: 'model.language_model.', head },
    { backbone: 'model.text_model.', head },
  ];
}

/** A decoder with the names and the plain head that most families have. */
export function decoder(
  { config, hidden }: Sizes,
  parts: Pick<Decoder, 'layers' | 'finalNorm'> & Partial<Decoder>,
): Decoder {
  return {
    vocabulary: config.size('vocab_size'),
    hidden,
    maxLength: config.size('max_position_embeddings'),
    embeddings: 'embed_tokens',
    embeddingScale: 1,
    positions: null,
    head: readHead(config),
    namings: namings('model.'),
    ...parts,
  };
}

/** The output layer, which is the embeddings if the config says so. */
export function readHead(config: Config, changes: Partial<Decoder['head']> = {}): Decoder['head'] {
  return { tied: config.boolean('tie_word_embeddings'), scale: 1, softcap: null, ...changes };
}

/** One entry per layer. */
export function eachLayer<T>(sizes: Sizes, make: (index: number) => T): T[] {
  return Array.from({ length: sizes.layers }, (_, index) => make(index));
}

/**
 * The type of each layer: `layer_types` if the config has it, otherwise by the family's rule.
 * @param known the types that the family has
 */
export function layerTypes<T extends string>(sizes: Sizes, known: readonly T[], rule: (index: number) => T): T[] {
  const { config } = sizes;
  const types = config.list('layer_types');
  if (!types) return eachLayer(sizes, rule);
  if (types.length !== sizes.layers) {
    throw config.error(`layer_types has ${types.length} entries for ${sizes.layers} layers`);
  }
  return types.map((type, i) => {
    const found = known.find((item) => item === type);
    if (found === undefined) throw config.unknownWord(`layer_types[${i}]`, type, known);
    return found;
  });
}

/**
 * The layers with a sliding window: those of `layer_types` if the config has it, otherwise by the family's rule.
 * @returns one boolean per layer
 */
export function slidingLayers(sizes: Sizes, rule: (index: number) => boolean): boolean[] {
  const kind = (isSliding: boolean) => (isSliding ? 'sliding_attention' : 'full_attention');
  const types = layerTypes(sizes, ['sliding_attention', 'full_attention'], (i) => kind(rule(i)));
  if (types.includes('sliding_attention') && readWindow(sizes.config) === null) {
    throw sizes.config.error('sliding_window is null, and there are layers with a window');
  }
  return types.map((type) => type === 'sliding_attention');
}

/** The window of the config: a size, or null for none. */
export function readWindow(config: Config): number | null {
  const window = config.numberOrNull('sliding_window');
  if (window !== null && (!Number.isInteger(window) || window <= 0))
    throw config.error(`sliding_window is ${window}, not a positive integer`);
  return window;
}
