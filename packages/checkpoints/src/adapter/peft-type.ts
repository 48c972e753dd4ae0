import { UserError } from '@shadow-gate/platform';

/** Kinds of PEFT 0.21 that only add something in front of the input or of the keys and values of attention. */
const WITHOUT_WEIGHTS = new Set([
  'PROMPT_TUNING',
  'MULTITASK_PROMPT_TUNING',
  'P_TUNING',
  'PREFIX_TUNING',
  'CPT',
  'CARTRIDGE',
]);

/** Kinds whose update depends on the input, so that PEFT has no `merge_and_unload` for them. */
const NOT_MERGEABLE = new Set(['ADAPTION_PROMPT', 'POLY', 'XLORA', 'SHADOW']);

/** Kinds with a `merge_and_unload` in PEFT 0.21. */
const MERGEABLE = new Set([
  'ADALORA',
  'ADAMSS',
  'BEFT',
  'BOFT',
  'C3A',
  'DEFT',
  'DELORA',
  'FOURIERFT',
  'FROD',
  'GLORA',
  'GRALORA',
  'HIRA',
  'HRA',
  'IA3',
  'LILY',
  'LN_TUNING',
  'LOHA',
  'LOKR',
  'MISS',
  'OFT',
  'OSF',
  'PEANUT',
  'PSOFT',
  'PVERA',
  'RANDLORA',
  'ROAD',
  'SHIRA',
  'SUPERTUNING',
  'TINYLORA',
  'TRAINABLE_TOKENS',
  'UNILORA',
  'VBLORA',
  'VERA',
  'WAVEFT',
]);

const SERVE = 'serve the model with it and give --endpoint, to check its behavior alone';

/** @throws UserError for any PEFT adapter but LoRA, with its type and advice that is possible for it */
export function refuseOtherTypes(path: string, type: string): void {
  if (type === 'LORA') return;
  if (WITHOUT_WEIGHTS.has(type)) {
    throw new UserError(`${path} is a ${type} adapter, which cannot be measured: it changes no weights`, SERVE);
  }
  if (NOT_MERGEABLE.has(type)) {
    throw new UserError(
      `${path} is a ${type} adapter, which cannot be measured: its update depends on the input`,
      SERVE,
    );
  }
  if (MERGEABLE.has(type)) {
    throw new UserError(
      `${path} is a ${type} adapter, and only LoRA is measured as an adapter`,
      'merge it into its base model (PEFT: merge_and_unload) and give the merged model',
    );
  }
  throw new UserError(
    `${path} is a ${JSON.stringify(type)} adapter, which is not known, and only LoRA is measured as an adapter`,
    'give a model that it is merged into, if it can be merged',
  );
}
