import { basename } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { ADAPTER, MLX_ADAPTER } from '../hub/weight-formats.ts';

/** Written by diffusers' `save_lora_weights`. */
export const DIFFUSERS_ADAPTER = 'pytorch_lora_weights.safetensors';

type Writer = 'PEFT' | 'MLX' | 'diffusers' | 'kohya' | 'LyCORIS' | 'torchtune' | 'NeMo' | 'mistral-finetune';

/** Names of factors. The first match counts: kohya's names contain LyCORIS's, and diffusers' contain PEFT's. */
const NAMES: ReadonlyArray<readonly [Writer, RegExp]> = [
  ['LyCORIS', /(?:^|[._])(?:hada_[wt][12](?:_[ab])?|lokr_[wt][12](?:_[ab])?|oft_(?:blocks|diag))(?:\.|$)/],
  ['kohya', /^(?:lora|lycoris)_[a-z0-9]+_[^.]*\.|\.lora_(?:down|up|mid)(?:\.|$)|\.dora_scale$/],
  ['diffusers', /[._]lora(?:_linear_layer)?\.(?:down|up)(?:\.|$)/],
  [
    'diffusers',
    /^(?:unet|transformer|transformer_2|text_encoder(?:_[0-9])?|prior|controlnet)\.[^ ]*\.lora_[AB](?:\.|$)/,
  ],
  ['mistral-finetune', /^layers\.\d{1,6}\.[a-z0-9_.]+\.lora_[AB](?:\.|$)/],
  ['PEFT', /(?:^|\.)lora_(?:embedding_)?[AB](?:\.|$)|\.lora_magnitude_vector|^base_model\.model\.|^prompt_embeddings$/],
  ['NeMo', /\.adapter\.linear_(?:in|out)\.weight$/],
  ['torchtune', /(?:^|\.)lora_[ab]\.(?:weight|bias)$/],
  ['MLX', /(?:^|\.)lora_[ab](?:_scales|_biases)?$/],
];

/** Below this prefix, PEFT's adapters can contain component names of diffusers. */
const PEFT_PREFIX = 'base_model.model.';

/** The first factor among the names, and the program that wrote it. */
function adapterTensor(names: Iterable<string>): { readonly writer: Writer; readonly name: string } | null {
  for (const name of names) {
    const writer = name.startsWith(PEFT_PREFIX) ? 'PEFT' : NAMES.find(([, pattern]) => pattern.test(name))?.[0];
    if (writer) return { writer, name };
  }
  return null;
}

/** @throws UserError for an adapter, by its name or its first factor: its factors would look like full weights */
export function refuseAdapterFile(path: string, names: readonly string[]): void {
  const found = adapterTensor(names);
  const ofPeft = basename(path) === ADAPTER || found?.writer === 'PEFT';
  if (ofPeft || basename(path) === MLX_ADAPTER || found?.writer === 'MLX') {
    const writer = ofPeft ? '' : ' of MLX';
    throw new UserError(
      `${path} contains an adapter${writer}, which needs its adapter_config.json`,
      'give its directory instead',
    );
  }
  refuseForeignAdapter(path, names);
}

/** @throws UserError for an adapter of an image model, by its first factor */
export function refuseForeignAdapter(path: string, names: readonly string[]): void {
  const found = adapterTensor(names);
  if (!found || found.writer === 'PEFT' || found.writer === 'MLX') return;
  throw foreignAdapter(path, found.writer, found.name);
}

/** @throws UserError for an adapter's factors among full weights: what runs is their sum, which no tensor has */
export function refuseFactors(path: string, names: readonly string[]): void {
  const found = adapterTensor(names);
  if (!found) return;
  throw new UserError(
    `${path}: tensor ${JSON.stringify(found.name)} is a factor of an adapter (${found.writer}), not a weight`,
    'merge the adapter into the weights and save them again, or give the adapter by its own directory',
  );
}

const MADE_BY: Readonly<Record<Exclude<Writer, 'PEFT' | 'MLX'>, string>> = {
  diffusers: 'a LoRA of diffusers, for an image model',
  NeMo: 'a LoRA of NeMo',
  torchtune: 'a LoRA as torchtune keeps it',
  'mistral-finetune': 'a LoRA of mistral-finetune',
  kohya: 'a LoRA in the format of kohya-ss/sd-scripts, for an image model',
  LyCORIS: 'an adapter of LyCORIS (LoHa, LoKr or OFT), for an image model',
};

export function foreignAdapter(path: string, writer: Exclude<Writer, 'PEFT' | 'MLX'>, tensor: string | null) {
  const where = tensor === null ? '' : ` (tensor ${JSON.stringify(tensor)})`;
  return new UserError(
    `${path} is ${MADE_BY[writer]}${where}, and only LoRA of language models, as PEFT and MLX save it, is read`,
    'fuse it into the weights of its model and give those',
  );
}
