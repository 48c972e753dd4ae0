import { type ConfigKind, configKindIn } from '@shadow-gate/checkpoints/config';
import { UserError } from '@shadow-gate/platform';

/** Keys by their type in transformers' config classes: `{ int: 'ffn_dim', 'int | null': 'n_inner' }`. */
export type TypedKeys = Readonly<Record<string, string>>;

/** How a config class of transformers 5.24 types its keys: it refuses other types. */
export interface ConfigKeys {
  /** Keys of this family, with these types in every config. */
  readonly types?: TypedKeys;
  /** Keys that have another type, or none, in other classes. */
  readonly typesHere?: TypedKeys;
  /** Keys that can be null only in this class. */
  readonly nullable?: string;
  /** Keys that cannot be null here, but can in classes that do not read them. */
  readonly notNull?: string;
}

/** Keys of several families or of none, with the type of most classes. */
const SHARED: TypedKeys = {
  bool: `
    add_cross_attention attention_bias attention_softmax_in_fp32 is_decoder mamba_proj_bias mlp_bias
    norm_topk_prob output_router_logits qk_layernorm reorder_and_upcast_attn rope_interleave
    scale_attention_softmax_in_fp32 scale_attn_weights summary_proj_to_labels summary_use_proj tie_word_embeddings
    use_bias use_cache use_mamba_kernels use_parallel_residual use_qk_norm use_sliding_window`,
  'bool | null': 'mamba_conv_bias multi_query output_hidden_states',
  int: `
    boi_token_id boi_token_index decoder_sparse_step eoi_token_id eoi_token_index first_k_dense_replace head_dim
    hidden_size hidden_size_per_layer_input kv_lora_rank linear_conv_kernel_dim mamba_chunk_size
    max_position_embeddings max_window_layers moe_intermediate_size n_embd n_embed n_group n_head n_layer
    n_positions n_routed_experts n_shared_experts no_rope_layer_interval num_attention_heads num_dense_layers
    num_experts num_experts_per_tok num_hidden_layers num_key_value_heads num_kv_shared_layers num_local_experts
    num_logits_to_keep num_mtp_layers num_nextn_predict_layers num_shared_experts original_max_position_embeddings
    pretraining_tp qk_nope_head_dim qk_rope_head_dim query_pre_attn_scalar rotary_dim
    shared_expert_intermediate_size shared_intermediate_size topk_group v_head_dim vocab_size
    vocab_size_per_layer_input`,
  'int | null': `
    audio_soft_tokens_per_image audio_token_id boa_token_id bos_token_id eoa_token_id eoa_token_index eod_token_id
    mamba_d_conv mamba_d_state mamba_expand mamba_n_groups mamba_n_heads n_inner pad_token_id q_lora_rank
    sliding_window vision_soft_tokens_per_image`,
  float: `
    final_logit_softcapping initializer_range layer_norm_eps layer_norm_epsilon norm_eps rms_norm_eps
    routed_scaling_factor router_aux_loss_coef swiglu_limit`,
  'float | null': 'attn_logit_softcapping',
  'float | int': `
    attention_dropout attention_multiplier attn_pdrop classifier_dropout embd_pdrop embedding_dropout
    embedding_multiplier hidden_dropout logits_scaling resid_pdrop residual_dropout residual_multiplier rope_theta
    summary_first_dropout`,
  str: 'activation_function hidden_act hidden_activation summary_type',
  'str | null': 'activation position_embedding_type summary_activation topk_method',
  'int | str': 'mamba_d_head',
  'int | str | null': 'sliding_window_pattern',
  'bool | str | null': 'use_bidirectional_attention',
  'int | list[int]': 'intermediate_size',
  'int | list[int] | null': 'eos_token_id',
  'list[int] | null': 'no_rope_layers',
  'list[str] | null': 'layer_types layers_block_type mlp_layer_types',
  'list | null': 'image_grid_pinpoints',
  'dict | null': 'audio_config id2label rope_parameters rope_scaling text_config vision_config',
};

/** Keys of a vision-language model, in addition to those of its text model. */
const OF_THE_WHOLE: TypedKeys = {
  bool: 'multimodal_projector_bias projector_bias projector_use_layernorm tie_embedding',
  int: `
    downsample_factor image_seq_length image_token_id image_token_index mm_tokens_per_image projector_hidden_size
    scale_factor spatial_merge_size video_token_id video_token_index vision_end_token_id vision_start_token_id`,
  float: 'downsample_ratio',
  str: 'projector_hidden_act vision_aspect_ratio vision_feature_select_strategy',
  'int | list[int]': 'vision_feature_layer',
};

/** Keys that every class has, even if its family does not read them. */
const EVERYWHERE = new Set(
  words(`
    attention_dropout initializer_range output_router_logits router_aux_loss_coef router_jitter_noise tie_word_embeddings use_cache`),
);

/** Training keys, which transformers checks when it makes the layers. */
const SHARES = words(`
  attention_dropout attn_pdrop classifier_dropout dropout embd_pdrop embedding_dropout hidden_dropout initializer_range resid_pdrop
  residual_dropout`);

type Values = Readonly<Record<string, unknown>>;

/** The types of keys in one class's configs. */
export class KeyTypes {
  readonly #types: ReadonlyMap<string, string>;
  readonly #nullable: ReadonlySet<string>;
  readonly #notNull: ReadonlySet<string>;

  /** @param families all of them: their keys have their types in configs of this class too */
  constructor({ typesHere = {}, nullable = '', notNull = '' }: ConfigKeys, families: readonly TypedKeys[]) {
    const known = [SHARED, OF_THE_WHOLE, ...families].flatMap(eachKey);
    this.#types = new Map([...known, ...eachKey(typesHere)].map(([key, type]) => [key, type.replace(OR_NULL, '')]));
    this.#nullable = new Set([...known.flatMap(([key, type]) => (OR_NULL.test(type) ? key : [])), ...words(nullable)]);
    this.#notNull = new Set(words(notNull));
  }

  canBeNull(key: string): boolean {
    return this.#nullable.has(key);
  }

  /** Does transformers refuse null for this key? `isRead`: by the family. */
  refusesNull(key: string, { isRead }: { readonly isRead: boolean }): boolean {
    if (this.#notNull.has(key)) return true;
    return this.#types.has(key) && !this.#nullable.has(key) && (isRead || EVERYWHERE.has(key));
  }

  /**
   * Refuse values of a type that transformers refuses. Those who read a key judge null.
   * @param values of config.json, or of its text_config, where transformers 4.53 wrote keys of the whole model as null
   * @throws UserError that names the key
   */
  expect(values: Values, file: string, { isText = false } = {}): void {
    for (const [key, value] of Object.entries(values)) {
      const type = this.#types.get(key);
      if (type === undefined || isOfType(values, key, type)) continue;
      // The family judges the other nulls: other classes have keys of that name too.
      if (value === null && !this.refusesNull(key, { isRead: !isText && WHOLE.has(key) })) continue;
      throw new UserError(
        `${file}: ${key} is ${shown(value)}, of type ${configKindIn(values, key) ?? 'int'}, and can only be ${type.replaceAll(' | ', ' or ')}`,
        RESTORE,
      );
    }
    for (const key of SHARES) {
      const value = values[key];
      if (typeof value !== 'number' || (value >= 0 && value <= 1)) continue;
      throw new UserError(`${file}: ${key} is ${shown(value)}, and can only be from 0 to 1`, RESTORE);
    }
  }
}

const OR_NULL = / \| null$/;
const WHOLE = new Set(eachKey(OF_THE_WHOLE).map(([key]) => key));

export const RESTORE = 'restore the file: config classes of transformers refuse such values';

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

function eachKey(types: TypedKeys): (readonly [key: string, type: string])[] {
  return Object.entries(types).flatMap(([type, keys]) => words(keys).map((key) => [key, type] as const));
}

function isOfType(values: Values, key: string, type: string): boolean {
  const kind = configKindIn(values, key);
  return type.split(' | ').some((item) => {
    const [, element] = /^list\[(.*)\]$/.exec(item) ?? [];
    if (element === undefined) return fits(kind, item);
    const list = values[key];
    return Array.isArray(list) && list.every((_, i) => fits(configKindIn(list, String(i)), element));
  });
}

/** A whole number that was not read from a file can be either type. */
function fits(kind: ConfigKind | null, type: string): boolean {
  return kind === null ? type === 'int' || type === 'float' : kind === type;
}

/** A value as JSON, including the numbers that JSON does not have. */
export function shown(value: unknown): string {
  const numbers: string[] = [];
  const text = JSON.stringify(value ?? null, (_, item) => {
    if (typeof item !== 'number' || Number.isFinite(item)) return item;
    numbers.push(String(item));
    return PLACE;
  });
  return text.replaceAll(JSON.stringify(PLACE), (place) => numbers.shift() ?? place);
}

const PLACE = 'a number that is not finite';
