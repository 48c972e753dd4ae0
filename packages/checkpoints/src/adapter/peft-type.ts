import { UserError, words } from '@shadow-gate/platform';
import { SERVE } from './peft-config.ts';

/** Kinds of PEFT 0.21 that only add to the input, or to the keys and values of attention. */
const WITHOUT_WEIGHTS = new Set(words('PROMPT_TUNING MULTITASK_PROMPT_TUNING P_TUNING PREFIX_TUNING CPT CARTRIDGE'));

/** Kinds without `merge_and_unload`: their update depends on the input. */
const NOT_MERGEABLE = new Set(['ADAPTION_PROMPT', 'POLY', 'XLORA', 'SHADOW']);

const MERGEABLE = new Set(
  words(
    'ADALORA ADAMSS BEFT BOFT C3A DEFT DELORA FOURIERFT FROD GLORA GRALORA HIRA HRA IA3 LILY LN_TUNING LOHA LOKR',
    'MISS OFT OSF PEANUT PSOFT PVERA RANDLORA ROAD SHIRA SUPERTUNING TINYLORA TRAINABLE_TOKENS UNILORA VBLORA VERA',
    'WAVEFT',
  ),
);

/** @throws UserError for any PEFT adapter but LoRA, with its type and advice that is possible for it */
export function refuseOtherTypes(path: string, type: string): void {
  if (type === 'LORA') return;
  const changesNothing = WITHOUT_WEIGHTS.has(type);
  if (changesNothing || NOT_MERGEABLE.has(type)) {
    const reason = changesNothing ? 'it changes no weights' : 'its update depends on the input';
    throw new UserError(`${path} is a ${type} adapter, which cannot be measured: ${reason}`, SERVE);
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
