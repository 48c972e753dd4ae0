import { UserError } from '@shadow-gate/platform';
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

/** What a key of LoraConfig means for the update. */
type Rule =
  /** Changes how it was trained or started, and nothing of what runs. */
  | 'no effect'
  | 'honored'
  /** Changes what runs in a way that is not measured, if it is set. */
  | { readonly refused: string; readonly canMerge: boolean };

const refused = (why: string): Rule => ({ refused: why, canMerge: true });

/** Every key of LoraConfig in PEFT 0.21 (`tuners/lora/config.py`, `config.py`). A key that is not here is refused. */
const RULES: Readonly<Record<string, Rule>> = {
  task_type: 'no effect',
  auto_mapping: 'no effect',
  peft_version: 'no effect',
  revision: 'no effect',
  inference_mode: 'no effect',
  lora_dropout: 'no effect',
  megatron_core: 'no effect',
  // Initializations from data, and their options. Which of them also change the base is in init_lora_weights.
  loftq_config: 'no effect',
  eva_config: 'no effect',
  corda_config: 'no effect',
  lora_ga_config: 'no effect',
  qalora_group_size: 'no effect',
  runtime_config: 'no effect',
  // Compresses what the backward pass keeps.
  velora_config: 'no effect',

  peft_type: 'honored',
  base_model_name_or_path: 'honored',
  r: 'honored',
  lora_alpha: 'honored',
  use_rslora: 'honored',
  use_dora: 'honored',
  fan_in_fan_out: 'honored',
  rank_pattern: 'honored',
  alpha_pattern: 'honored',
  init_lora_weights: 'honored',
  target_modules: 'honored',
  target_parameters: 'honored',
  exclude_modules: 'honored',
  modules_to_save: 'honored',
  layers_to_transform: 'honored',
  layers_pattern: 'honored',
  // Biases are in the file.
  bias: 'honored',
  lora_bias: 'honored',
  ensure_weight_tying: 'honored',

  use_qalora: refused("QALoRA's A multiplies pooled inputs"),
  use_bdlora: refused('the factors of BD-LoRA are block-diagonal, and stored as blocks'),
  kasa_config: refused('KaSA also truncates the base weights, and has a diagonal between A and B'),
  monteclora_config: refused('MonteCLoRA adds a sampled term to A'),
  layer_replication: refused('it creates layers that the base model does not have'),
  trainable_token_indices: refused('single rows of the embeddings were trained with the LoRA'),
  megatron_config: refused('layers of Megatron are split over machines'),
  alora_invocation_tokens: {
    refused: 'the update runs only after these tokens (activated LoRA)',
    canMerge: false,
  },
  arrow_config: { refused: 'the update depends on the input (Arrow routing)', canMerge: false },
};

/** Initializations that leave the base weights as they are. */
const PLAIN_INITIALIZATIONS = new Set(['gaussian', 'eva', 'orthogonal', 'mica', 'true', 'false']);
/** These also change the base weights, so scale·B·A is not the update from the base model. */
const BASE_CHANGING_INITIALIZATIONS = /^(pissa|olora|corda|loftq|lora_ga)/i;

export const MERGE = 'merge the adapter into the base model (PEFT: merge_and_unload) and give the merged model';

/**
 * Read a LoRA adapter's config. @throws UserError for invalid keys, and for ones that change what runs and are not read
 */
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
    const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
    if (rule === undefined) {
      throw new UserError(
        `${file}: the key ${JSON.stringify(key)} is not known, and could change what runs`,
        'remove it if it does not, or merge the adapter into the base model',
      );
    }
    if (typeof rule === 'string') continue;
    throw new UserError(
      `${file}: ${key} is set, and is not measured: ${rule.refused}`,
      rule.canMerge ? MERGE : 'serve the model with it and give --endpoint, to check its behavior alone',
    );
  }
  const { init_lora_weights: initialization } = config;
  if (typeof initialization !== 'string' || PLAIN_INITIALIZATIONS.has(initialization.toLowerCase())) return;
  const named = `${file}: init_lora_weights is ${JSON.stringify(initialization)}, which`;
  if (!BASE_CHANGING_INITIALIZATIONS.test(initialization)) {
    throw new UserError(`${named} is not known, and could have changed the base weights`, MERGE);
  }
  // PEFT computes the change anew when it loads the adapter, from whatever base it is given.
  const own = 'or, if the changed base model was saved, set init_lora_weights to true and give that as reference';
  throw new UserError(
    `${named} also changed the base weights`,
    initialization.toLowerCase() === 'loftq'
      ? `merge it, ${own}`
      : `convert it to plain LoRA (PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=…)), merge it, ${own}`,
  );
}

/** Does a key have another value than the one that switches it off? */
function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
