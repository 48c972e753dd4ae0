import type { FullCheckpoint } from '../../checkpoint/types.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Decoder, ModuleNaming } from './decoder.ts';

/** The first naming under which the file has embeddings, preferably with an output layer. */
export function findNaming({ tensors, path }: FullCheckpoint, decoder: Decoder): ModuleNaming {
  const isPresent = (name: string) => tensors.has(name);
  const found = decoder.namings.filter(({ backbone }) => isPresent(`${backbone}${decoder.embeddings}.weight`));
  const place = found.find(({ head }) => isPresent(`${head}.weight`)) ?? found[0] ?? findTied(tensors, decoder);
  if (place) return place;
  const usual = `${decoder.namings[0]?.backbone}${decoder.embeddings}.weight`;
  throw new UserError(
    `${path} has no embeddings (${usual}), which its config.json describes`,
    'restore the checkpoint, whose config.json and weights do not match',
  );
}

/** Of two names of one matrix, `save_model` of safetensors keeps the first: that of the output layer. */
function findTied(tensors: FullCheckpoint['tensors'], { head, namings }: Decoder): ModuleNaming | undefined {
  if (!head.tied) return undefined;
  const names = [...tensors.keys()];
  const hasLayers = (backbone: string) =>
    names.some((name) => name.startsWith(`${backbone}layers.`) || name.startsWith(`${backbone}h.`));
  return namings.find((naming) => tensors.has(`${naming.head}.weight`) && hasLayers(naming.backbone));
}
