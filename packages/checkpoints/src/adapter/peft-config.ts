import { UserError, words } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';

const names = z.union([z.string(), z.array(z.string())]).nullish();

/** The keys of adapter_config.json that are honored, with their types in PEFT 0.21. */
const configSchema = z.looseObject({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().positive().nullish(),
  lora_alpha: z.number().nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  fan_in_fan_out: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), z.int().positive()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  target_modules: names,
  target_parameters: z.array(z.string()).nullish(),
  exclude_modules: names,
  modules_to_save: z.array(z.string()).nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
  layers_pattern: names,
  bias: z.enum(['none', 'all', 'lora_only']).nullish(),
  lora_bias: z.boolean().nullish(),
  ensure_weight_tying: z.boolean().nullish(),
});
export type PeftConfig = z.infer<typeof configSchema>;

// Every key of LoraConfig in PEFT 0.21 (`tuners/lora/config.py`, `config.py`) is honored or in one of these lists.

/** Keys that change how the adapter was trained or started, but not what runs. */
const WITHOUT_EFFECT = new Set(
  words(
    'task_type auto_mapping peft_version revision inference_mode lora_dropout megatron_core',
    // Options of initializations. `init_lora_weights` says which of them also change the base.
    'loftq_config eva_config corda_config lora_ga_config qalora_group_size runtime_config',
    // Compresses what the backward pass keeps.
    'velora_config',
  ),
);

/** Keys that change what runs in a way that is not measured, with the reason. */
const REFUSED = new Map([
  ['use_qalora', "QALoRA's A multiplies pooled inputs"],
  ['use_bdlora', 'the factors of BD-LoRA are block-diagonal, and stored as blocks'],
  ['kasa_config', 'KaSA also truncates the base weights, and has a diagonal between A and B'],
  ['monteclora_config', 'MonteCLoRA adds a sampled term to A'],
  ['layer_replication', 'it creates layers that the base model does not have'],
  ['trainable_token_indices', 'single rows of the embeddings were trained with the LoRA'],
  ['megatron_config', 'layers of Megatron are split over machines'],
  ['alora_invocation_tokens', 'the update runs only after these tokens (activated LoRA)'],
  ['arrow_config', 'the update depends on the input (Arrow routing)'],
]);
const NOT_MERGEABLE = new Set(['alora_invocation_tokens', 'arrow_config']);

const PLAIN_INITIALIZATIONS = new Set(['gaussian', 'eva', 'orthogonal', 'mica', 'true', 'false']);
/** These also change the base weights, so scale·B·A is not the update from the base model. */
const BASE_CHANGING_INITIALIZATIONS = /^(pissa|olora|corda|loftq|lora_ga)/i;

export const MERGE = 'merge the adapter into the base model (PEFT: merge_and_unload) and give the merged model';
export const SERVE = 'serve the model with it and give --endpoint, to check its behavior alone';

/** Check the types of the honored keys. @throws UserError for the first that is wrong */
export function parsePeftConfig(config: Record<string, unknown>, file: string): PeftConfig {
  const parsed = validate(configSchema, config);
  if (!parsed.success) {
    const where = parsed.issue.path.map((part) => JSON.stringify(part)).join('.');
    throw new UserError(`${file}: ${where}: ${parsed.issue.message}`, 'restore the file');
  }
  return parsed.data;
}

/** @throws UserError for a key that changes what runs and is not honored */
export function refuseKeys(config: PeftConfig, file: string): void {
  for (const [key, value] of Object.entries(config)) {
    if (!isSet(value)) continue;
    if (Object.hasOwn(configSchema.shape, key) || WITHOUT_EFFECT.has(key)) continue;
    const reason = REFUSED.get(key);
    if (reason !== undefined) {
      const hint = NOT_MERGEABLE.has(key) ? SERVE : MERGE;
      throw new UserError(`${file}: ${key} is set, and is not measured: ${reason}`, hint);
    }
    throw new UserError(
      `${file}: the key ${JSON.stringify(key)} is not known, and could change what runs`,
      'remove it if it does not, or merge the adapter into the base model',
    );
  }
  const { init_lora_weights: initialization } = config;
  if (typeof initialization !== 'string' || PLAIN_INITIALIZATIONS.has(initialization.toLowerCase())) return;
  const named = `${file}: init_lora_weights is ${JSON.stringify(initialization)}, which`;
  if (!BASE_CHANGING_INITIALIZATIONS.test(initialization)) {
    throw new UserError(`${named} is not known, and could have changed the base weights`, MERGE);
  }
  // When it loads the adapter, PEFT computes the change again from the base that it is given.
  const own = 'or, if the changed base model was saved, set init_lora_weights to true and give that as reference';
  throw new UserError(
    `${named} also changed the base weights`,
    initialization.toLowerCase() === 'loftq'
      ? `merge it, ${own}`
      : `convert it to plain LoRA (PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=…)), merge it, ${own}`,
  );
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
