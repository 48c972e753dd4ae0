import type { GgufDefaults } from '@shadow-gate/language-model/tokens/gguf-defaults';
import type { BehaviorValues } from '../schema/behavior.ts';
import { type Folder, isUnreadable, type Json, readFolderJson } from './files.ts';
import { readBehaviorValues } from './part.ts';

/** Keys about the origin of the file, and about what is returned in addition to the text. */
const NO_EFFECT = new Set([
  'transformers_version',
  '_from_model_config',
  '_commit_hash',
  'use_cache',
  'output_attentions',
  'output_hidden_states',
  'output_scores',
  'output_logits',
  'return_dict_in_generate',
]);

/**
 * What transformers 5.24 reads from the top of config.json where there is no generation_config.json
 * (`adjust_generation_fn` in generation/utils.py), with the values that change nothing; null: any value does. The ids
 * of BOS, EOS and padding are special tokens, which are compared apart.
 */
const IN_CONFIG: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(
    `max_new_tokens min_new_tokens max_time stop_strings use_mtp cache_implementation cache_config max_cache_len min_p top_h bad_words_ids
    renormalize_logits forced_bos_token_id forced_eos_token_id exponential_decay_length_penalty suppress_tokens begin_suppress_tokens
    sequence_bias token_healing guidance_scale watermarking_config is_assistant prompt_lookup_num_tokens max_matching_ngram_size
    assistant_early_exit assistant_ensemble_weight speculation_type low_memory penalty_alpha dola_layers constraints force_words_ids
    prefill_chunk_size`
      .split(/\s+/)
      .map((key) => [key, null]),
  ),
  ...{ max_length: 20, min_length: 0, do_sample: false, early_stopping: false, num_beams: 1, num_return_sequences: 1 },
  ...{ temperature: 1, top_k: 50, top_p: 1, typical_p: 1, epsilon_cutoff: 0, eta_cutoff: 0 },
  ...{
    repetition_penalty: 1,
    encoder_repetition_penalty: 1,
    length_penalty: 1,
    diversity_penalty: 0,
    num_beam_groups: 1,
  },
  ...{ no_repeat_ngram_size: 0, encoder_no_repeat_ngram_size: 0, remove_invalid_values: false },
  ...{ num_assistant_tokens: 20, num_assistant_tokens_schedule: 'constant', assistant_confidence_threshold: 0.4 },
  ...{ assistant_lookbehind: 10, target_lookbehind: 10 },
};

/** How a server samples and stops by default. @param gguf precedes a file next to it @param model config.json */
export async function generationConfigPart(
  directory: Folder,
  gguf: GgufDefaults | null,
  model: Json,
): Promise<BehaviorValues | null> {
  if (gguf?.sampling) return readBehaviorValues(gguf.sampling);
  const config = await readFolderJson(directory, 'generation_config.json');
  if (config === null) {
    const changing = ([key, value]: [string, unknown]) => Object.hasOwn(IN_CONFIG, key) && value !== IN_CONFIG[key];
    return readBehaviorValues(Object.fromEntries(Object.entries(model).filter(changing)));
  }
  if (isUnreadable(config)) return readBehaviorValues({ 'generation_config.json': config });
  return readBehaviorValues(Object.fromEntries(Object.entries(config).filter(([key]) => !NO_EFFECT.has(key))));
}
