import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { UserError } from '@shadow-gate/platform';
import type { Decoder, ModuleNaming } from './decoder.ts';
import { VISION_LANGUAGE } from './vision-language.ts';

/** The first naming under which the file has embeddings, preferably with an output layer. */
export function findNaming({ tensors, path, config }: FullCheckpoint, decoder: Decoder): ModuleNaming {
  const namings = namingsOf(config, decoder);
  const isPresent = (name: string) => tensors.has(name);
  const found = namings.filter(({ backbone }) => isPresent(`${backbone}${decoder.embeddings}.weight`));
  const place =
    found.find(({ head }) => isPresent(`${head}.weight`)) ?? found[0] ?? findTied(tensors, decoder, namings);
  if (place) return place;
  const usual = `${decoder.namings[0]?.backbone}${decoder.embeddings}.weight`;
  throw new UserError(
    `${path} has no embeddings (${usual}), which its config.json describes`,
    'restore the checkpoint, whose config.json and weights do not match',
  );
}

/** Text models that transformers 5.24 also loads from a vision-language checkpoint. */
const INSIDE = new Set<unknown>(['qwen3_5_text', 'qwen4_exp_text', 'gemma3n_text']);

/** transformers initializes a text model at random if all of its names are those inside a larger model. */
function namingsOf(config: FullCheckpoint['config'], { namings }: Decoder): readonly ModuleNaming[] {
  const type = config?.model_type;
  if (config === null || VISION_LANGUAGE.some(({ modelType }) => modelType === type)) return namings;
  return namings.filter(
    ({ backbone }) =>
      !/(language|text)_model\./.test(backbone) || (INSIDE.has(type) && backbone.startsWith('model.language_model.')),
  );
}

/** If one matrix has two names, `save_model` of safetensors keeps the first, the output layer's. */
function findTied(
  tensors: FullCheckpoint['tensors'],
  { head }: Decoder,
  namings: readonly ModuleNaming[],
): ModuleNaming | undefined {
  if (!head.tied) return undefined;
  const names = [...tensors.keys()];
  const hasLayers = (backbone: string) =>
    names.some((name) => name.startsWith(`${backbone}layers.`) || name.startsWith(`${backbone}h.`));
  return namings.find((naming) => tensors.has(`${naming.head}.weight`) && hasLayers(naming.backbone));
}
