import { type ConfigKind, configKindIn } from '@shadow-gate/checkpoints/config';
import { UserError } from '@shadow-gate/platform';

/**
 * Types of the keys of config.json, as the config classes of transformers 5.24 have them and check them: a value of
 * another type is an error there. Where classes disagree, the type of most.
 */
const KEYS_OF_TYPES: Readonly<Record<string, string>> = {
  bool: `
    add_cross_attention alibi altup_correct_scale apply_residual_connection_post_layernorm attention_bias attention_k_eq_v
    attention_out_bias attention_softmax_in_fp32 attn_temperature_tuning bias block_auto_adjust_ff_dim conv_bias do_layer_norm_before
    enable_bias enable_moe_block is_decoder layer_norm_elementwise_affine lm_head_bias mamba_conv_bias mamba_norm_before_gate
    mamba_proj_bias mamba_rms_norm mlp_bias moe_renormalize moe_shared_expert_overlap multi_query multimodal_projector_bias
    mup_enabled new_decoder_architecture norm_topk_prob output_hidden_states output_router_logits parallel_attn projector_bias
    projector_use_layernorm projectors_bias qk_layernorm qkv_bias _remove_final_layer_norm reorder_and_upcast_attn
    rescale_prenorm_residual residual_in_fp32 rope_interleave scale_attention_softmax_in_fp32 scale_attn_by_inverse_layer_idx
    scale_attn_weights slow_but_exact summary_proj_to_labels summary_use_proj tie_embedding tie_word_embeddings use_attention_gate
    use_bias use_cache use_conv_bias use_double_wide_mlp use_expert_bias use_mamba_kernels use_parallel_residual use_qk_norm
    use_qkv_bias use_sandwich_norm use_sliding_window`,
  int: `
    altup_active_idx altup_num_inputs attention_chunk_size audio_soft_tokens_per_image audio_token_id block_ff_dim block_multiple_of
    boa_token_id boi_token_id boi_token_index bos_token_id chunk_size compress_rate_csa compress_rate_hca conv_L_cache conv_kernel
    decoder_sparse_step downsample_factor eoa_token_id eoa_token_index eod_token_id eoi_token_id eoi_token_index expand ffn_dim
    ffn_hidden_size first_k_dense_replace floor_scale global_attn_every_n_layers global_head_dim hc_count hc_lowrank hc_mult
    hc_sinkhorn_iters head_dim heads_per_ngram hidden_size hidden_size_per_layer_input image_seq_length image_token_id
    image_token_index index_head_dim index_n_heads index_topk indexer_budget indexer_compress_ratio indexer_head_dim indexer_kv_heads
    indexer_n_heads interleave_moe_layer_step intermediate_size_mlp kv_lora_rank laurel_rank linear_conv_kernel_dim linear_head_dim
    linear_key_head_dim linear_num_heads linear_num_key_heads linear_num_value_heads linear_value_head_dim
    make_ngram_vocab_size_divisible_by mamba_chunk_size mamba_d_conv mamba_d_ssm mamba_d_state mamba_expand mamba_head_dim
    mamba_n_groups mamba_n_heads mamba_num_heads max_position_embeddings max_window_layers mm_tokens_per_image moe_intermediate_size
    moe_k moe_latent_size moe_layer_end_index moe_layer_interval moe_layer_start_index moe_num_experts moe_num_shared_experts
    moe_shared_expert_intermediate_size n_embd n_embed n_group n_groups n_head n_inner n_layer n_positions n_routed_experts
    n_shared_experts ngram_size ngram_vocab_size_base no_rope_layer_interval num_attention_heads num_dense_layers num_expert_group
    num_experts num_experts_per_tok num_experts_per_token num_global_key_value_heads num_hash_layers num_hidden_layers
    num_key_value_heads num_kv_heads num_kv_shared_layers num_ln_in_parallel_attn num_local_experts num_logits_to_keep num_mtp_layers
    num_nextn_predict_layers num_shared_experts o_groups o_lora_rank original_max_position_embeddings pad_token_id
    ple_conv_kernel_size ple_embed_dim pretraining_tp projector_hidden_size q_lora_rank qk_nope_head_dim qk_rope_head_dim
    query_pre_attn_scalar rotary_dim scale_factor shared_expert_intermediate_size shared_intermediate_size sliding_window
    spatial_merge_size split_ngram_parts ssm_state_size top_k_experts topk_group v_head_dim video_token_id video_token_index
    vision_end_token_id vision_soft_tokens_per_image vision_start_token_id vocab_size vocab_size_per_layer_input word_embed_proj_dim`,
  float: `
    altup_coef_clip attention_in_multiplier attention_out_multiplier attn_logit_softcapping attn_scale clip_qkv downsample_ratio
    final_logit_softcapping hc_eps initializer_range input_jitter_noise key_multiplier layer_norm_eps layer_norm_epsilon
    lm_head_multiplier logit_scale moe_norm_min norm_eps norm_epsilon rms_norm_eps route_scale routed_scaling_factor
    router_aux_loss_coef router_jitter_noise ssm_in_multiplier ssm_out_multiplier swiglu_alpha swiglu_limit time_step_floor
    time_step_max time_step_min`,
  'float | int': `
    attention_dropout attention_multiplier attn_pdrop block_ffn_dim_multiplier classifier_dropout compress_rope_theta embd_pdrop
    embedding_dropout embedding_multiplier hidden_dropout logits_scaling resid_pdrop residual_dropout residual_multiplier
    rope_local_base_freq rope_theta summary_first_dropout`,
  str: `
    activation activation_function hidden_act hidden_activation mamba_hidden_act mamba_ssm_cache_dtype mlp_hidden_act
    output_gate_type position_embedding_type projector_hidden_act summary_activation summary_type topk_method vision_aspect_ratio
    vision_feature_select_strategy`,
  'int | str': 'mamba_d_head sliding_window_pattern',
  'bool | str': 'use_bidirectional_attention',
  'int | list[int]': 'eos_token_id intermediate_size moe_topk vision_feature_layer',
  'float | list[float]': 'activation_sparsity_pattern',
  'list[float]': 'mlp_multipliers ssm_multipliers',
  'list[int]': 'full_attn_idxs mlp_only_layers moe_layers no_rope_layers ple_layer_ids',
  'list[str]': 'layer_types layers_block_type mlp_layer_types mtp_layers_block_type',
  list: 'image_grid_pinpoints time_step_limit',
  dict: 'audio_config compress_rates id2label rope_parameters rope_scaling text_config vision_config',
};

const words = (text: string) => text.split(/\s+/).filter(Boolean);

/** Types in single classes. */
const TYPES_IN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  deepseek_v2: { attention_dropout: 'float' },
  deepseek_v4: { attention_dropout: 'float', scoring_func: 'str' },
  falcon_h1: { embedding_multiplier: 'float' },
  // Its class does not read moe_intermediate_size.
  hunyuan_v1_moe: { moe_intermediate_size: 'int | list[int]', sep_token_id: 'int' },
  kimi_linear: { model_max_length: 'int' },
  lfm3: { attention_dropout: 'float' },
  nemotron_h: { routed_scaling_factor: 'float | int', time_step_limit: 'list[float]' },
  opt: { dropout: 'float | int', init_std: 'float', layerdrop: 'float | int' },
  qwen4_exp_text: { seed: 'int' },
};

const TYPES = new Map(
  Object.entries(KEYS_OF_TYPES).flatMap(([type, keys]) => words(keys).map((key) => [key, type] as const)),
);

/** Keys that can be null in every class that has them. */
const NULL_ANYWHERE = new Set(
  words(`
    activation activation_sparsity_pattern alibi attention_chunk_size attn_logit_softcapping audio_config audio_soft_tokens_per_image
    audio_token_id bias boa_token_id bos_token_id clip_qkv compress_rate_csa compress_rate_hca compress_rates eoa_token_id
    eoa_token_index eod_token_id eos_token_id ffn_hidden_size full_attn_idxs id2label image_grid_pinpoints indexer_budget
    indexer_compress_ratio indexer_head_dim indexer_kv_heads indexer_n_heads layer_types layers_block_type mamba_conv_bias
    mamba_d_conv mamba_d_ssm mamba_d_state mamba_expand mamba_n_groups mamba_n_heads mamba_norm_before_gate mamba_rms_norm
    mlp_layer_types mlp_multipliers mlp_only_layers moe_k moe_latent_size moe_layer_end_index moe_layer_interval
    moe_layer_start_index moe_layers moe_norm_min moe_num_experts moe_num_shared_experts mtp_layers_block_type multi_query n_inner
    new_decoder_architecture no_rope_layers num_global_key_value_heads num_hash_layers num_kv_heads num_ln_in_parallel_attn
    output_gate_type output_hidden_states pad_token_id parallel_attn ple_embed_dim ple_layer_ids position_embedding_type
    projectors_bias q_lora_rank rope_parameters rope_scaling sliding_window sliding_window_pattern ssm_multipliers summary_activation
    text_config top_k_experts topk_method use_bidirectional_attention vision_config vision_soft_tokens_per_image word_embed_proj_dim`),
);

/** Keys that can be null in these classes only. */
const NULL_IN: Readonly<Record<string, string>> = {
  attention_dropout: `
    afmoe cohere deepseek_v2 deepseek_v3 falcon_h1 gemma2 gemma3_text gemma3n_text gemma4_text gemma4_unified_text glm granitemoe
    granitemoehybrid granitemoeshared kimi_linear llama mistral4 phi qwen2_5_vl_text qwen2_vl_text`,
  attention_multiplier: 'granitemoe granitemoehybrid granitemoeshared',
  embedding_multiplier: 'granitemoe granitemoehybrid granitemoeshared',
  final_logit_softcapping: 'gemma2 gemma3_text gemma4_text gemma4_unified_text',
  first_k_dense_replace: 'deepseek_v3 mistral4',
  // It reads hidden_act alone.
  hidden_activation: 'gemma',
  head_dim: `arcee deepseek_v2 ernie4_5 glm hunyuan_v1_dense llama ministral mistral mixtral nemotron qwen3_vl_moe_text seed_oss`,
  image_token_id: 'gemma3 gemma3n gemma4 gemma4_unified',
  initializer_range: 'gemma3 gemma3n gemma4 gemma4_unified',
  layer_norm_eps: 'cohere',
  layer_norm_epsilon: 'falcon',
  logit_scale: 'cohere',
  logits_scaling: 'granitemoe granitemoehybrid granitemoeshared',
  mamba_proj_bias: 'falcon_h1 granitemoehybrid',
  max_window_layers: 'qwen2_5_vl_text qwen2_vl_text',
  mlp_bias: 'apertus',
  moe_intermediate_size: 'gemma4_text',
  mup_enabled: 'afmoe',
  n_group: 'deepseek_v2 deepseek_v3 mistral4',
  norm_topk_prob: 'deepseek_v2 deepseek_v3 mistral4',
  num_experts: 'ernie4_5_moe gemma4_text',
  num_experts_per_tok: 'deepseek_v2 deepseek_v3 ernie4_5_moe granitemoe granitemoehybrid granitemoeshared mistral4',
  num_key_value_heads: `
    afmoe apertus arcee cohere cohere2 deepseek_v2 deepseek_v3 ernie4_5 ernie4_5_moe falcon_h1 glm granite granitemoe
    granitemoehybrid granitemoeshared hunyuan_v1_dense hunyuan_v1_moe kimi_linear llama mistral4 nemotron olmo2 olmo3 olmoe phi phi3
    qwen2 qwen2_5_vl_text qwen2_moe qwen2_vl_text qwen3 qwen3_vl_text seed_oss smollm3`,
  num_local_experts: 'granitemoe granitemoehybrid granitemoeshared',
  num_nextn_predict_layers: 'ernie4_5_moe glm4_moe_lite mistral4',
  output_router_logits: 'ernie4_5_moe granitemoe granitemoehybrid granitemoeshared',
  residual_multiplier: 'granitemoe granitemoehybrid granitemoeshared',
  rope_interleave: 'deepseek_v3 mistral4',
  router_aux_loss_coef: 'ernie4_5_moe granitemoe granitemoehybrid granitemoeshared',
  tie_word_embeddings: 'gemma3 gemma3n',
  topk_group: 'deepseek_v2 deepseek_v3 mistral4',
  use_bias: 'ernie4_5 ernie4_5_moe',
  use_cache: 'ernie4_5',
  use_qk_norm: 'cohere',
  use_sliding_window: 'qwen2_5_vl_text qwen2_vl_text',
  v_head_dim: 'deepseek_v3 mistral4',
  video_token_id: 'gemma4 gemma4_unified',
};

/** Keys that every class has, whether its family reads them or not. */
const EVERYWHERE = new Set(
  words(`
    attention_dropout initializer_range output_router_logits router_aux_loss_coef router_jitter_noise tie_word_embeddings use_cache`),
);

/** Keys whose null only these classes refuse: others take it for a note. */
const REFUSED_IN: Readonly<Record<string, string>> = {
  attention_softmax_in_fp32: 'gpt_bigcode',
  attn_pdrop: 'gpt2 gpt_bigcode gptj',
  classifier_dropout: 'gpt_neox',
  dropout: 'opt',
  embd_pdrop: 'gpt2 gpt_bigcode gptj phi phi3',
  hidden_dropout: 'bloom falcon gpt_neox nemotron_h stablelm',
  init_std: 'opt',
  is_decoder: 'gpt_neox',
  layerdrop: 'opt',
  multi_query: 'gpt_bigcode',
  pretraining_tp: 'bloom glm4_moe_lite hunyuan_v1_dense hunyuan_v1_moe seed_oss',
  resid_pdrop: 'gpt2 gpt_bigcode gptj phi phi3',
  reorder_and_upcast_attn: 'gpt2',
  residual_dropout: 'seed_oss starcoder2',
  scale_attention_softmax_in_fp32: 'gpt_bigcode',
  sliding_window: 'gemma3n_text gemma4_text gemma4_unified_text',
  summary_first_dropout: 'gpt2',
  summary_proj_to_labels: 'gpt2',
  summary_type: 'gpt2',
  summary_use_proj: 'gpt2',
  use_mamba_kernels: 'nemotron_h',
};

/** Can this key be null in this class, and is it one that transformers knows? */
export function canBeNull(key: string, modelType: string): boolean {
  return TYPES.has(key) && (NULL_ANYWHERE.has(key) || has(NULL_IN, key, modelType));
}

/**
 * Does transformers refuse null for this key?
 * @param isRead by the family
 */
export function refusesNull(key: string, modelType: string, { isRead }: { readonly isRead: boolean }): boolean {
  if (has(REFUSED_IN, key, modelType)) return true;
  return TYPES.has(key) && !canBeNull(key, modelType) && (isRead || EVERYWHERE.has(key));
}

function has(list: Readonly<Record<string, string>>, key: string, modelType: string): boolean {
  return Object.hasOwn(list, key) && words(list[key] ?? '').includes(modelType);
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Refuse values of a type that transformers refuses. Null is for those who read the key.
 * @param values of config.json, or of its text_config
 * @throws UserError that names the key
 */
export function expectTypes(values: Values, { modelType, file, isText = false }: Where): void {
  for (const [key, value] of Object.entries(values)) {
    const type = TYPES_IN[modelType]?.[key] ?? TYPES.get(key);
    if (type === undefined || isOfType(values, key, type)) continue;
    // What else is null, its family judges: others have keys of that name too.
    if (value === null && !refusesNull(key, modelType, { isRead: !isText && OF_THE_WHOLE.has(key) })) continue;
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

/** Keys for training: transformers checks them when it makes the layers. */
const SHARES = words(`
  attention_dropout attn_pdrop classifier_dropout dropout embd_pdrop embedding_dropout hidden_dropout initializer_range resid_pdrop
  residual_dropout`);

/** Keys of a vision-language model, in addition to those of its text model. */
const OF_THE_WHOLE = new Set(
  words(`
    downsample_factor downsample_ratio image_seq_length image_token_id image_token_index mm_tokens_per_image multimodal_projector_bias
    projector_bias projector_hidden_act projector_hidden_size projector_use_layernorm scale_factor spatial_merge_size tie_embedding
    video_token_id video_token_index vision_aspect_ratio vision_end_token_id
    vision_feature_layer vision_feature_select_strategy vision_start_token_id`),
);

interface Where {
  readonly modelType: string;
  readonly file: string;
  /** In a text_config, keys of the whole model are notes: transformers 4.53 wrote them there as null. */
  readonly isText?: boolean;
}

export const RESTORE = 'restore the file: config classes of transformers refuse such values';

function isOfType(values: Values, key: string, type: string): boolean {
  const kind = configKindIn(values, key);
  return type.split(' | ').some((item) => {
    const [, element] = /^list\[(.*)\]$/.exec(item) ?? [];
    if (element === undefined) return fits(kind, item);
    const list = values[key];
    return Array.isArray(list) && list.every((_, i) => fits(configKindIn(list, String(i)), element));
  });
}

/** A whole number that was not read from a file can be either. */
function fits(kind: ConfigKind | null, type: string): boolean {
  return kind === null ? type === 'int' || type === 'float' : kind === type;
}

/** A value as JSON, with the numbers that JSON does not have. */
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
