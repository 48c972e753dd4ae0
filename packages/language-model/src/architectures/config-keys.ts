/**
 * Keys of config.json that do not affect the logits (bookkeeping, training, generation, other heads). transformers
 * writes them into every config, and fine-tuning tools add their own.
 */
const ARITHMETIC_FREE = new Set(
  `
  architectures auto_map dtype torch_dtype model_type name_or_path model_name transformers_version tokenizer_class use_cache
  torchscript use_bfloat16 max_new_tokens min_p loss_type keys_to_ignore_at_inference return_dict_in_generate output_attentions output_hidden_states output_scores
  is_encoder_decoder is_decoder chunk_size_feed_forward pruned_heads tie_encoder_decoder cross_attention_hidden_size
  add_cross_attention problem_type id2label label2id num_labels task_specific_params finetuning_task prefix
  bos_token_id eos_token_id pad_token_id sep_token_id decoder_start_token_id unk_token_id tokenizer_vocab_size
  model_max_length max_sequence_length
  initializer_range initializer_factor init_std attention_dropout attention_probs_dropout_prob hidden_dropout
  hidden_dropout_prob resid_pdrop embd_pdrop attn_pdrop residual_dropout embedding_dropout classifier_dropout dropout
  summary_type summary_use_proj summary_activation summary_proj_to_labels summary_first_dropout
  gradient_checkpointing neftune_noise_alpha output_router_logits router_aux_loss_coef router_jitter_noise
  router_z_loss_coef pretraining_tp use_flash_attn use_flash_attention use_flash_attn_2 flash_attention attn_implementation
  temperature top_k top_p typical_p do_sample num_beams num_beam_groups diversity_penalty early_stopping length_penalty
  repetition_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids min_length max_length
  num_return_sequences forced_bos_token_id forced_eos_token_id suppress_tokens begin_suppress_tokens remove_invalid_values
  exponential_decay_length_penalty tf_legacy_loss generation_config use_mamba_kernels vocab_size_multiple
  cache_implementation reorder_and_upcast_attn output_past predict_special_tokens additional_vocab_size
  custom_pipelines is_composition max_window_layers pixel_shuffle_factor perceiver_config use_resampler
  attention_softmax_in_fp32 scale_attention_softmax_in_fp32 bos_token eos_token pad_token mlp_dropout qkv_dropout
  ep_size
  `
    .split(/\s+/)
    .filter(Boolean),
);

/** `_name_or_path`, `_attn_implementation`, `unsloth_version`, `is_llama_config`, `image_token_id`, … */
const ARITHMETIC_FREE_PATTERN = /^(_|unsloth|transformers\.js_config$|is_\w+_config$|.*_token_(id|index)s?$)/;

/** A feature that is turned off. */
function isOff(value: unknown): boolean {
  return value === null || value === false || value === 0;
}

/** Features that are on by default: turning them off changes the arithmetic. */
const ON_BY_DEFAULT = new Set(['is_causal', 'return_dict']);

/** Layer types that are all full attention. */
function isPlain(key: string, value: unknown): boolean {
  return key === 'layer_types' && Array.isArray(value) && value.every((type) => FULL_ATTENTION.has(type));
}

const FULL_ATTENTION = new Set<unknown>(['full_attention', 'attention']);

export function isArithmeticFree(key: string, value: unknown): boolean {
  if (ON_BY_DEFAULT.has(key)) return value === true;
  return ARITHMETIC_FREE.has(key) || ARITHMETIC_FREE_PATTERN.test(key) || isOff(value) || isPlain(key, value);
}
