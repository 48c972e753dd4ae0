import type { Config } from '../config.ts';
import type {
  Activation,
  Attention,
  Decoder,
  Experts,
  HeadNorm,
  Layer,
  Linear,
  Mlp,
  ModuleNaming,
  Norm,
  Projections,
  Xielu,
} from '../decoder.ts';

/** The sizes that every family has, and the config that has them. */
export interface Sizes {
  readonly config: Config;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
}

/** Much larger than any model: a larger number is a mistake, and the graph would never be finished. */
export const MAX_LAYERS = 2000;
const MAX_HEAD_DIM = 65_536;

/**
 * @param hasHeadDim the family's code reads `head_dim`, which need not be hidden_size / heads
 * @param hasKeyValueHeads it reads `num_key_value_heads`; otherwise every head has a key of its own
 */
export function readSizes(config: Config, { hasHeadDim = true, hasKeyValueHeads = true } = {}): Sizes {
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

export function linear(module: string, input: number, output: number, { bias = false } = {}): Linear {
  return { module, input, output, bias };
}

export function rmsNorm(module: string | null, size: number, epsilon: number, { plusOne = false } = {}): Norm {
  return { kind: 'rms', module, size, epsilon, plusOne, bias: false };
}

export function layerNorm(module: string | null, size: number, epsilon: number, { bias = module !== null } = {}): Norm {
  return { kind: 'layer', module, size, epsilon, plusOne: false, bias };
}

/** `<module>.q_proj`, `k_proj`, `v_proj`. */
export function separateProjections(
  module: string,
  { hidden, heads, keyValueHeads, headDim }: Sizes,
  options: { readonly bias: boolean },
) {
  return {
    kind: 'separate',
    query: linear(`${module}.q_proj`, hidden, heads * headDim, options),
    key: linear(`${module}.k_proj`, hidden, keyValueHeads * headDim, options),
    value: linear(`${module}.v_proj`, hidden, keyValueHeads * headDim, options),
  } as const;
}

/** The parts of attention that differ from most families'. */
type OwnAttention = { readonly bias?: boolean; readonly outputBias?: boolean } & AttentionChanges;
export type AttentionChanges = Pick<Attention, 'rope'> & Partial<Attention>;

/** Attention as in most families: `<module>.q_proj`, …, `o_proj`, scaled by 1/√headDim, over all earlier positions. */
export function plainAttention(
  module: string,
  sizes: Sizes,
  { bias = false, outputBias = bias, ...rest }: OwnAttention,
): Attention {
  const { hidden, heads, keyValueHeads, headDim } = sizes;
  return {
    kind: 'attention',
    heads,
    keyValueHeads,
    headDim,
    valueDim: headDim,
    projections: separateProjections(module, sizes, { bias }),
    output: linear(`${module}.o_proj`, heads * headDim, hidden, { bias: outputBias }),
    scale: 1 / Math.sqrt(headDim),
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

type Gated = Extract<Mlp, { kind: 'gated' }>;

/** Names of the layers of a gated MLP: those of most families, and those of Mixtral. */
export type GatedNames = Readonly<Record<'gate' | 'up' | 'down', string>>;
export const GATED_NAMES: GatedNames = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };
export const NUMBERED_NAMES: GatedNames = { gate: 'w1', up: 'w3', down: 'w2' };

/** down(activation(gate(x)) · up(x)). */
export function gatedMlp(
  { config, hidden }: Pick<Sizes, 'config' | 'hidden'>,
  module: string,
  {
    width = config.size('intermediate_size'),
    bias = false,
    activation = config.activation('hidden_act'),
    names = GATED_NAMES,
    ...rest
  }: Partial<Pick<Gated, 'activation' | 'cutoff' | 'scales'>> & {
    readonly width?: number;
    readonly bias?: boolean;
    readonly names?: GatedNames;
  } = {},
): Gated {
  return {
    kind: 'gated',
    gate: linear(`${module}.${names.gate}`, hidden, width, { bias }),
    up: linear(`${module}.${names.up}`, hidden, width, { bias }),
    down: linear(`${module}.${names.down}`, width, hidden, { bias }),
    activation,
    ...rest,
  };
}

/** A gated MLP with one matrix for gate and up, gate rows first. */
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
    gateUp: linear(`${module}.${gateUp}`, hidden, 2 * width),
    down: linear(`${module}.${down}`, width, hidden),
    activation,
  });
}

/** down(activation(up(x))). */
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
): (module: string) => Exclude<Mlp, Experts> {
  return (module) => ({
    kind: 'plain',
    up: linear(`${module}.${up}`, hidden, width, { bias }),
    down: linear(`${module}.${down}`, width, hidden, { bias }),
    activation: activation(module),
  });
}

/** One layer for queries, keys and values: all queries first, then all keys. */
export function fusedProjections(layer: Linear, { heads, keyValueHeads }: Sizes): Projections {
  return { kind: 'fused', linear: layer, groups: 1, split: [heads, keyValueHeads, keyValueHeads] };
}

/** One layer in which the query, key and value of each head are adjacent. */
export function projectionsByHead(layer: Linear, { heads }: Sizes): Projections {
  return { kind: 'fused', linear: layer, groups: heads, split: [1, 1, 1] };
}

/** A sequential block without norms, unless the parts say otherwise. */
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

/** The norm over the stream with this name. */
export type StreamNorm = (module: string) => Norm;

/** Root-mean-square norms over the stream. */
export function rmsNorms({ config, hidden }: Sizes, { key = 'rms_norm_eps', plusOne = false } = {}): StreamNorm {
  const epsilon = config.positive(key);
  return (module) => rmsNorm(module, hidden, epsilon, { plusOne });
}

/** Layer norms over the stream. */
export function layerNorms({ config, hidden }: Sizes, key: string, options?: { readonly bias: boolean }): StreamNorm {
  const epsilon = config.positive(key);
  return (module) => layerNorm(module, hidden, epsilon, options);
}

/** The two norms of a Llama block, with their names. */
export function llamaNorms(index: number, norm: StreamNorm) {
  return {
    attentionNorm: norm(`layers.${index}.input_layernorm`),
    mlpNorm: norm(`layers.${index}.post_attention_layernorm`),
  };
}

/** Deviations of a family from Llama's block. */
interface LlamaLayerOptions {
  readonly mlpBias?: boolean;
  /** Replaces the gated MLP. */
  readonly mlp?: Mlp;
  readonly norm?: StreamNorm;
}

/** A block with Llama's names: `input_layernorm`, `self_attn`, `post_attention_layernorm`, `mlp`. */
export function llamaLayer(
  sizes: Sizes,
  index: number,
  attention: OwnAttention,
  { mlpBias = false, mlp, norm = rmsNorms(sizes) }: LlamaLayerOptions = {},
): Layer {
  const module = `layers.${index}`;
  return block({
    mixer: plainAttention(`${module}.self_attn`, sizes, attention),
    mlp: mlp ?? gatedMlp(sizes, `${module}.mlp`, { bias: mlpBias }),
    ...llamaNorms(index, norm),
  });
}

/** A decoder of such blocks. */
export function llamaDecoder(
  sizes: Sizes,
  layer: (index: number) => Layer,
  { norm = rmsNorms(sizes), ...parts }: Partial<Decoder> & Pick<LlamaLayerOptions, 'norm'> = {},
): Decoder {
  return decoder(sizes, layer, { finalNorm: norm('norm'), ...parts });
}

/** Norms of each head's queries and keys. */
export function headNorms(
  { config, headDim }: Sizes,
  index: number,
  { plusOne = false, key = 'rms_norm_eps', names = { query: 'q_norm', key: 'k_norm' } } = {},
) {
  const norm = (name: string): HeadNorm => ({
    over: 'head',
    norm: rmsNorm(`layers.${index}.self_attn.${name}`, headDim, config.positive(key), { plusOne }),
  });
  return { queryNorm: norm(names.query), keyNorm: norm(names.key) };
}

/** Norms over the queries and over the keys of all heads. */
export function allHeadsNorms({ config, heads, keyValueHeads, headDim }: Sizes, index: number) {
  const norm = (name: string, count: number): HeadNorm => ({
    over: 'all',
    norm: rmsNorm(`layers.${index}.self_attn.${name}`, count * headDim, config.positive('rms_norm_eps')),
  });
  return { queryNorm: norm('q_norm', heads), keyNorm: norm('k_norm', keyValueHeads) };
}

/** Names of modules with and without the backbone's prefix, and in a vision-language model. */
export function namings(backbone: string, head = 'lm_head'): ModuleNaming[] {
  return [
    { backbone, head },
    { backbone: '', head },
    { backbone: `language_model.${backbone}`, head: `language_model.${head}` },
    { backbone: 'model.language_model.', head },
    { backbone: 'model.text_model.', head },
  ];
}

/** A decoder with the names and the head of most families. */
export function decoder(
  sizes: Sizes,
  layer: (index: number) => Layer,
  parts: Pick<Decoder, 'finalNorm'> & Partial<Decoder>,
): Decoder {
  const { config, hidden } = sizes;
  return {
    vocabulary: config.size('vocab_size'),
    hidden,
    layers: eachLayer(sizes, layer),
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

export function eachLayer<T>({ layers }: Sizes, make: (index: number) => T): T[] {
  return Array.from({ length: layers }, (_, index) => make(index));
}

/** The type of each layer: `layer_types` if the config has it, otherwise by the family's rule. */
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

/** Whether each layer has a sliding window: by `layer_types` if the config has it, otherwise by the family's rule. */
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
