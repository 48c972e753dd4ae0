import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { resolveInside } from '@shadow-gate/platform/files';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import type { FullCheckpoint } from '../full-checkpoint.ts';
import { DCP_METADATA, readDistcp } from './distcp.ts';
import { isSafetensorsShard, readSafetensorsShards } from './safetensors-shards.ts';

/**
 * Folders in which accelerate and transformers' Trainer save the weights of a run: one for model 0, or one for each of
 * several.
 */
const MODEL_FOLDER = /^(pytorch_model|distcp)_fsdp(_\d+)?$/;

/**
 * The weights that the processes of a training run left in a folder, in shards of safetensors or of pickles.
 * @param names of what is in the folder
 * @returns null if there are none
 */
export async function shardsIn(
  folder: string,
  names: ReadonlySet<string>,
): Promise<{ readonly entries: TensorEntry[]; readonly format: FullCheckpoint['format'] } | null> {
  if ([...names].some(isSafetensorsShard)) {
    return { entries: await readSafetensorsShards(folder, names), format: 'safetensors' };
  }
  if (isDistcp(names)) return { entries: await readDistcp(folder), format: 'pytorch' };
  const [first, ...others] = [...names].filter((name) => MODEL_FOLDER.test(name)).sort();
  if (first === undefined) return null;
  if (others.length > 0) {
    throw new UserError(
      `${folder} has the shards of several models, ${[first, ...others].join(', ')}`,
      'give the path of one of these folders',
    );
  }
  const inner = join(folder, first);
  // A link could lead out of the checkpoint.
  if ((await resolveInside(folder, first)) === null) return null;
  const inside = new Set(await readdir(inner).catch(() => []));
  return isDistcp(inside) ? { entries: await readDistcp(inner), format: 'pytorch' } : null;
}

/** Shards of Megatron (torch_dist) come with a common.pt, and have another layout. */
function isDistcp(names: ReadonlySet<string>): boolean {
  return !names.has('common.pt') && names.has(DCP_METADATA) && [...names].some((name) => name.endsWith('.distcp'));
}
