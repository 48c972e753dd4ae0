import { given, UserError } from '@shadow-gate/platform';

type Json = Readonly<Record<string, unknown>>;

export const PARAMS_FILE = 'params.json';

/**
 * The config.json of a model with Mistral's params.json; null for that of another family, such as Meta's. Converters of
 * transformers (5.24, models/{mistral,mistral3,ministral3,mistral4}/convert_*_to_hf.py) and vLLM
 * (transformers_utils/configs/mistral.py) agree. @throws UserError for a key or a value with an unknown meaning
 */
export function configOfParams(params: Json, file: string): Record<string, unknown> | null {
  if (!SIZES.every((key) => typeof params[key] === 'number') || 'ffn_dim_multiplier' in params) return null;
  const read = new Params(params, file);
  const text = textConfig(read);
  const vision = visionConfig(read);
  const quantization = quantizationConfig(read);
  read.refuseOthers();
  const beside = { bos_token_id: 1, eos_token_id: 2, ...(quantization && { quantization_config: quantization }) };
  if (vision === null) return { ...text, ...beside };
  const { tie_word_embeddings } = text;
  return {
    model_type: vision.isPixtral ? 'llava' : 'mistral3',
    text_config: text,
    vision_config: vision.config,
    tie_word_embeddings,
    ...beside,
  };
}

/** Meta's files have no `hidden_dim`. */
const SIZES = ['dim', 'n_layers', 'n_heads', 'hidden_dim', 'vocab_size', 'norm_eps'];

/** Keys that do not change what is computed. Ministral 8B has the last one, which vLLM does not read. */
const WITHOUT_EFFECT = [
  ...['max_batch_size', 'dtype', 'ragged_attention', 'architectures', 'transformers_version'],
  '_sliding_window',
];

class Params {
  readonly #params: Json;
  readonly #file: string;
  readonly #known = new Set(WITHOUT_EFFECT);

  constructor(params: Json, file: string) {
    this.#params = params;
    this.#file = file;
  }

  get(key: string): unknown {
    this.#known.add(key);
    return this.#params[key] ?? null;
  }

  number(key: string): number | null {
    const value = this.get(key);
    if (value === null || typeof value === 'number') return value;
    throw this.error(`${key} is no number`);
  }

  /** Null if it is missing or empty. */
  object(key: string): Params | null {
    const value = this.get(key);
    if (value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.error(`${key} is no object`);
    return Object.keys(value).length === 0 ? null : new Params(value as Json, `${this.#file}: ${key}`);
  }

  expect(key: string, ...allowed: readonly unknown[]): void {
    const value = this.get(key);
    if (value !== null && !allowed.includes(value))
      throw this.error(`${key} is ${JSON.stringify(value)?.slice(0, 80)}`);
  }

  /** @throws UserError for a key that nobody has read, unless it is off */
  refuseOthers(): void {
    for (const [key, value] of Object.entries(this.#params)) {
      if (this.#known.has(key) || value === null || value === false) continue;
      throw this.error(`the meaning of ${JSON.stringify(key.slice(0, 80))} is not known`);
    }
  }

  error(what: string): UserError {
    return new UserError(
      `${this.#file}: ${what}`,
      'give the checkpoint in the layout of transformers (config.json and model.safetensors)',
    );
  }
}

const LENGTHS: Readonly<Record<string, number>> = { ministral3: 262144, mistral4: 1048576 };

function textConfig(read: Params): Record<string, unknown> {
  const [hidden, heads] = [read.number('dim') ?? 0, read.number('n_heads') ?? 0];
  const moe = read.object('moe');
  const isLatent = read.number('qk_nope_head_dim') !== null;
  const scaling = scalingOf(read);
  const type = moe === null ? scaling.type : isLatent ? 'mistral4' : 'mixtral';
  if (moe === null && isLatent) throw read.error('latent attention without experts is not known');
  if (type === 'mixtral' && scaling.type !== 'mistral')
    throw read.error('llama_4_scaling with plain experts is not known');
  read.expect('use_biases', false);
  read.expect('causal', true);
  read.expect('activation', 'silu');
  read.expect('model_type', 'transformer');
  // Both are read, so that neither is unknown.
  const [length, sequence] = [read.number('max_position_embeddings'), read.number('max_seq_len')];
  return {
    model_type: type,
    hidden_size: hidden,
    num_hidden_layers: read.number('n_layers'),
    intermediate_size: read.number('hidden_dim'),
    num_attention_heads: heads,
    num_key_value_heads: read.number('n_kv_heads') ?? heads,
    vocab_size: read.number('vocab_size'),
    rms_norm_eps: read.number('norm_eps'),
    hidden_act: 'silu',
    tie_word_embeddings: read.get('tied_embeddings') === true,
    max_position_embeddings: length ?? sequence ?? LENGTHS[type] ?? 32768,
    ...headsOf(read, hidden / heads, isLatent),
    ...scaling.config,
    ...windowOf(read, type),
    ...(moe && expertsOf(moe, isLatent)),
  };
}

function headsOf(read: Params, usual: number, isLatent: boolean): Json {
  const keys = ['q_lora_rank', 'qk_rope_head_dim', 'qk_nope_head_dim', 'kv_lora_rank', 'v_head_dim'];
  const latent = Object.fromEntries(keys.map((key) => [key, read.number(key)]));
  const own = read.number('head_dim');
  return isLatent ? latent : { head_dim: own ?? usual };
}

/** Positions: plain, YaRN, or YaRN with queries that grow with them (Ministral 3). */
function scalingOf(read: Params): { readonly type: string; readonly config: Json } {
  const theta = read.number('rope_theta') ?? 10000;
  const [yarn, growth] = [read.object('yarn'), read.object('llama_4_scaling')];
  const original =
    yarn?.number('original_max_position_embeddings') ?? growth?.number('original_max_position_embeddings');
  const lengthOfGrowth = growth?.number('original_max_position_embeddings') ?? original;
  if (lengthOfGrowth !== original) throw read.error('yarn and llama_4_scaling have different original lengths');
  const beta = growth?.number('beta') ?? null;
  if (growth !== null && beta === null) throw growth.error('there is no beta');
  // Programs differ in what it means if it is missing.
  if (yarn !== null && yarn.get('apply_scale') !== false) throw yarn.error('apply_scale is not false');
  const parameters = {
    rope_theta: theta,
    rope_type: yarn === null ? 'default' : 'yarn',
    ...(yarn && {
      factor: yarn.number('factor'),
      beta_fast: yarn.number('beta'),
      beta_slow: yarn.number('alpha'),
      attention_factor: 1,
      mscale: 1,
      mscale_all_dim: 1,
    }),
    ...given({ original_max_position_embeddings: original ?? undefined }),
    ...(beta !== null && { llama_4_scaling_beta: beta }),
  };
  for (const part of [yarn, growth]) part?.refuseOthers();
  return { type: beta === null ? 'mistral' : 'ministral3', config: { rope_parameters: parameters } };
}

/** The deepest models have hundreds. */
const MAX_LAYERS = 10_000;

function windowOf(read: Params, type: string): Json {
  const stated = read.get('sliding_window');
  if (Array.isArray(stated)) {
    const layers = read.number('n_layers') ?? 0;
    const sizes = [...new Set(stated.filter((size) => size !== null))];
    const isPattern = type === 'mistral' && sizes.length === 1 && layers % stated.length === 0 && layers <= MAX_LAYERS;
    if (!isPattern || typeof sizes[0] !== 'number') throw read.error('sliding_window is a pattern that is not known');
    const types = Array.from({ length: layers }, (_, i) =>
      stated[i % stated.length] === null ? 'full_attention' : 'sliding_attention',
    );
    return { model_type: 'ministral', sliding_window: sizes[0], layer_types: types };
  }
  // Old files have a text.
  const size = typeof stated === 'string' ? Number(stated) : stated;
  if (size !== null && !(typeof size === 'number' && Number.isSafeInteger(size) && size > 0)) {
    throw read.error('sliding_window is no size');
  }
  return { sliding_window: size };
}

function expertsOf(moe: Params, isLatent: boolean): Json {
  const [count, perToken] = [moe.number('num_experts'), moe.number('num_experts_per_tok')];
  if (count === null || perToken === null) throw moe.error('there is no num_experts, or no num_experts_per_tok');
  if (!isLatent) {
    for (const key of ['num_shared_experts', 'first_k_dense_replace']) moe.expect(key, 0);
    for (const key of ['route_every_n', 'routed_scale']) moe.expect(key, 1);
    moe.refuseOthers();
    return { num_local_experts: count, num_experts_per_tok: perToken };
  }
  moe.expect('route_every_n', 1);
  moe.expect('renorm_strategy', 'WEIGHTS');
  moe.expect('use_load_balancing_bias', false);
  const config = {
    n_routed_experts: count,
    num_experts_per_tok: perToken,
    first_k_dense_replace: moe.number('first_k_dense_replace') ?? 0,
    n_shared_experts: moe.number('num_shared_experts') ?? 1,
    moe_intermediate_size: moe.number('expert_hidden_dim'),
    routed_scaling_factor: moe.number('routed_scale') ?? 1,
    n_group: moe.number('num_expert_groups') ?? 1,
    topk_group: moe.number('num_expert_groups_per_tok') ?? 1,
    norm_topk_prob: true,
  };
  moe.refuseOthers();
  return config;
}

/** Only the weights of the vision tower are measured. */
function visionConfig(read: Params): { readonly isPixtral: boolean; readonly config: Json } | null {
  const whole = read.object('multimodal');
  const nested = whole?.object('vision_encoder_args') ?? null;
  whole?.refuseOthers();
  const tower = read.object('vision_encoder') ?? nested;
  if (tower === null) return null;
  const [hidden, heads] = [tower.number('hidden_size'), tower.number('num_attention_heads')];
  if (hidden === null || heads === null) throw tower.error('there is no hidden_size, or no num_attention_heads');
  return {
    isPixtral: tower.get('spatial_merge_size') === null,
    config: { model_type: 'pixtral', hidden_size: hidden, num_attention_heads: heads, head_dim: hidden / heads },
  };
}

function quantizationConfig(read: Params): Json | null {
  const stated = read.object('quantization');
  if (stated === null) return null;
  if (stated.get('qformat_weight') === 'fp8_e4m3') return { quant_method: 'fp8', weight_block_size: null };
  const method = stated.get('quant_method');
  if (typeof method === 'string' && method.toLowerCase().replaceAll('_', '-') === 'compressed-tensors') {
    return { ...(read.get('quantization') as Json), quant_method: 'compressed-tensors' };
  }
  throw stated.error('these codes are not known');
}
