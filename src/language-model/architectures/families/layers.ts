import type { Config } from '../config.ts';
import type { Attention, Decoder, HeadNorm, Layer, Linear, Mlp, Norm, Place, Projections } from '../decoder.ts';

/** The sizes that every family has. */
export interface Sizes {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
}

/** Many times the largest models: a larger number is a mistake, and would take for ever to build. */
const MAX_LAYERS = 2000;
const MAX_HEAD_DIM = 65_536;
export const MAX_EXPERTS = 10_000;

/** @param mayNameHeadDim the family's code looks for a `head_dim` of its own */
export function readSizes(config: Config, mayNameHeadDim = true): Sizes {
  const hidden = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  const keyValueHeads = config.numberOrNull('num_key_value_heads') ?? heads;
  if (keyValueHeads <= 0 || heads % keyValueHeads !== 0) {
    throw config.error(`${heads} attention heads do not share ${keyValueHeads} key-value heads evenly`);
  }
  const headDim = (mayNameHeadDim ? config.numberOrNull('head_dim') : null) ?? hidden / heads;
  if (headDim <= 0 || headDim > MAX_HEAD_DIM) throw config.error(`the heads have ${headDim} dimensions`);
  if (!Number.isInteger(headDim)) throw config.error(`hidden_size ${hidden} is not a multiple of ${heads} heads`);
  return { hidden, layers: config.size('num_hidden_layers', MAX_LAYERS), heads, keyValueHeads, headDim };
}

export function linear(module: string, input: number, output: number, bias: boolean): Linear {
  return { module, input, output, bias };
}

export function conv1d(module: string, input: number, output: number): Linear {
  return { module, input, output, bias: true, layout: 'conv1d' };
}

export function rmsNorm(module: string, size: number, epsilon: number, plusOne = false): Norm {
  return { kind: 'rms', module, size, epsilon, plusOne, bias: false };
}

export function layerNorm(module: string, size: number, epsilon: number, bias = true): Norm {
  return { kind: 'layer', module, size, epsilon, plusOne: false, bias };
}

/** `<at>.q_proj`, `k_proj`, `v_proj`. */
export function separateProjections(at: string, sizes: Sizes, bias: boolean): Projections {
  const width = sizes.keyValueHeads * sizes.headDim;
  return {
    kind: 'separate',
    query: linear(`${at}.q_proj`, sizes.hidden, sizes.heads * sizes.headDim, bias),
    key: linear(`${at}.k_proj`, sizes.hidden, width, bias),
    value: linear(`${at}.v_proj`, sizes.hidden, width, bias),
  };
}

/** Attention as most families have it: `<at>.q_proj`, …, `o_proj`, scaled by 1/√headDim, all positions before it. */
export function plainAttention(
  at: string,
  sizes: Sizes,
  {
    bias = false,
    outputBias = bias,
    ...rest
  }: { bias?: boolean; outputBias?: boolean } & Pick<Attention, 'rope'> & Partial<Attention>,
): Attention {
  return {
    heads: sizes.heads,
    keyValueHeads: sizes.keyValueHeads,
    headDim: sizes.headDim,
    projections: separateProjections(at, sizes, bias),
    output: linear(`${at}.o_proj`, sizes.heads * sizes.headDim, sizes.hidden, outputBias),
    scale: 1 / Math.sqrt(sizes.headDim),
    softcap: null,
    window: null,
    alibi: null,
    queryNorm: null,
    keyNorm: null,
    ...rest,
  };
}

/** `<at>.gate_proj`, `up_proj`, `down_proj`: down(activation(gate(x)) · up(x)). */
export function gatedMlp(
  config: Config,
  at: string,
  hidden: number,
  width: number,
  bias = false,
  key = 'hidden_act',
): Mlp {
  return {
    kind: 'gated',
    gate: linear(`${at}.gate_proj`, hidden, width, bias),
    up: linear(`${at}.up_proj`, hidden, width, bias),
    down: linear(`${at}.down_proj`, width, hidden, bias),
    activation: config.activation(key),
  };
}

/** A block whose attention and MLP come one after the other, each with a norm before it. */
export function preNormLayer(attention: Attention, mlp: Mlp, attentionNorm: Norm, mlpNorm: Norm): Layer {
  return {
    attention,
    mlp,
    residual: 'sequential',
    residualScale: 1,
    attentionNorm,
    attentionOutputNorm: null,
    mlpNorm,
    mlpOutputNorm: null,
  };
}

/** What a family changes in a block with Llama's names. */
export interface LlamaLayerOptions {
  readonly mlpBias?: boolean;
  /** In place of the gated MLP. */
  readonly mlp?: Mlp;
  /** Gains are weight + 1. */
  readonly plusOne?: boolean;
}

/** A block with Llama's names: `input_layernorm`, `self_attn`, `post_attention_layernorm`, `mlp`. */
export function llamaLayer(
  config: Config,
  sizes: Sizes,
  index: number,
  attention: Parameters<typeof plainAttention>[2],
  { mlpBias = false, mlp, plusOne = false }: LlamaLayerOptions = {},
): Layer {
  const at = `layers.${index}`;
  const norm = (name: string) => rmsNorm(`${at}.${name}`, sizes.hidden, config.positive('rms_norm_eps'), plusOne);
  return preNormLayer(
    plainAttention(`${at}.self_attn`, sizes, attention),
    mlp ?? gatedMlp(config, `${at}.mlp`, sizes.hidden, config.size('intermediate_size'), mlpBias),
    norm('input_layernorm'),
    norm('post_attention_layernorm'),
  );
}

/** A decoder of such blocks. */
export function llamaDecoder(
  config: Config,
  sizes: Sizes,
  layer: (index: number) => Layer,
  parts: Partial<Decoder> & { readonly plusOne?: boolean } = {},
): Decoder {
  const { plusOne = false, ...rest } = parts;
  return decoder(config, sizes, {
    layers: eachLayer(sizes, layer),
    finalNorm: rmsNorm('norm', sizes.hidden, config.positive('rms_norm_eps'), plusOne),
    ...rest,
  });
}

/** Norms of each head's queries and keys under Qwen's and Gemma's names. */
export function headNorms(
  config: Config,
  sizes: Sizes,
  index: number,
  plusOne = false,
): Pick<Attention, 'queryNorm' | 'keyNorm'> {
  const norm = (name: string): HeadNorm => ({
    over: 'head',
    norm: rmsNorm(`layers.${index}.self_attn.${name}`, sizes.headDim, config.positive('rms_norm_eps'), plusOne),
  });
  return { queryNorm: norm('q_norm'), keyNorm: norm('k_norm') };
}

/** Where a language model keeps its modules: alone, without its head's prefix, or inside a vision-language model. */
export function places(trunk: string, head = 'lm_head'): Place[] {
  return [
    { trunk, head },
    { trunk: '', head },
    { trunk: `language_model.${trunk}`, head: `language_model.${head}` },
    { trunk: 'model.language_model.', head },
    { trunk: 'model.text_model.', head },
  ];
}

/** A decoder with the names and the plain head that most families have. */
export function decoder(
  config: Config,
  { hidden }: Sizes,
  parts: Pick<Decoder, 'layers' | 'finalNorm'> & Partial<Decoder>,
): Decoder {
  return {
    vocabulary: config.size('vocab_size'),
    hidden,
    maxLength: config.size('max_position_embeddings'),
    embeddings: 'embed_tokens',
    embeddingScale: 1,
    positions: null,
    head: { tied: config.boolean('tie_word_embeddings'), scale: 1, softcap: null },
    places: places('model.'),
    ...parts,
  };
}

/** One entry a layer. */
export function eachLayer<T>(sizes: Sizes, make: (index: number) => T): T[] {
  return Array.from({ length: sizes.layers }, (_, index) => make(index));
}

/**
 * Which layers slide: `layer_types` where the config has it, else the family's rule.
 * @returns for each layer, true for a sliding window
 */
export function slidingLayers(config: Config, sizes: Sizes, rule: (index: number) => boolean): boolean[] {
  const types = config.list('layer_types');
  if (!types) return eachLayer(sizes, rule);
  if (types.length !== sizes.layers) {
    throw config.error(`layer_types has ${types.length} entries for ${sizes.layers} layers`);
  }
  return types.map((type) => {
    if (type === 'sliding_attention') return true;
    if (type === 'full_attention') return false;
    throw config.error(`layer type ${JSON.stringify(type)} is not known`);
  });
}

/** A window of the config that must be a size or null. */
export function readWindow(config: Config, key = 'sliding_window'): number | null {
  const window = config.numberOrNull(key);
  if (window !== null && (!Number.isInteger(window) || window <= 0)) throw config.error(`${key} is ${window}`);
  return window;
}
