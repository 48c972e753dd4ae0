import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { resolveInside } from '@shadow-gate/platform/files';
import { readConfig } from '../../config/architecture.ts';
import { tokenEmbedding } from '../../naming/token-embedding.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import { refuseFactors } from '../adapter-names.ts';
import { type FullCheckpoint, fullCheckpoint } from '../full-checkpoint.ts';
import type { WeightsEntry, WeightsFolder } from '../weights-entry.ts';
import { DCP_METADATA, readDistcp } from './distcp.ts';
import { isSafetensorsShard, readSafetensorsShards } from './safetensors-shards.ts';

/** Weights of which each process of a training run saved a part. */

export const safetensorsShards: WeightsEntry = {
  recognizes: ({ names }) => [...names].find(isSafetensorsShard) ?? null,
  otherSets: [],
  open: async (folder) => opened('safetensors', folder, await readSafetensorsShards(folder.path, folder.names)),
};

/** Folders of accelerate and transformers' Trainer, one for each model. */
const MODEL_FOLDER = /^(pytorch_model|distcp)_fsdp(_\d+)?$/;

export const distcp: WeightsEntry = {
  recognizes: async ({ path, names }) => {
    if (isDistcp(names)) return DCP_METADATA;
    const [first, ...others] = [...names].filter((name) => MODEL_FOLDER.test(name)).sort();
    if (first === undefined) return null;
    if (others.length > 0) {
      throw new UserError(
        `${path} has the shards of several models, ${[first, ...others].join(', ')}`,
        'give the path of one of these folders',
      );
    }
    // A link could lead out of the checkpoint.
    if ((await resolveInside(path, first)) === null) return null;
    const inside = new Set(await readdir(join(path, first)).catch(() => []));
    return isDistcp(inside) ? first : null;
  },
  otherSets: [],
  open: async (folder, found) => {
    const { path } = folder;
    return opened('pytorch', folder, await readDistcp(found === DCP_METADATA ? path : join(path, found)));
  },
};

/** Shards of Megatron (torch_dist) come with a common.pt, and have another layout. */
function isDistcp(names: ReadonlySet<string>): boolean {
  return !names.has('common.pt') && names.has(DCP_METADATA) && [...names].some((name) => name.endsWith('.distcp'));
}

/** The run's config is often elsewhere: weights are measured without it. */
async function opened(
  format: 'safetensors' | 'pytorch',
  { path, files }: WeightsFolder,
  entries: readonly TensorEntry[],
): Promise<FullCheckpoint> {
  const names = entries.map(({ name }) => name);
  refuseFactors(path, names);
  const checkpoint = fullCheckpoint({ format, path, files, config: await readConfig(files), entries });
  expectAllRows(checkpoint);
  return checkpoint;
}

/** Safetensors shards do not say how many there are, but a config gives the rows of the embeddings. */
function expectAllRows({ path, tensors, config }: FullCheckpoint): void {
  const text = config?.text_config as Record<string, unknown> | undefined;
  const tokens = text?.vocab_size ?? config?.vocab_size;
  const table = tokenEmbedding(tensors.values());
  const rows = table?.shape[0] ?? 0;
  if (table === null || typeof tokens !== 'number' || rows >= tokens) return;
  throw new UserError(
    `${path}: ${JSON.stringify(table.name)} has ${rows} rows, and config.json ${tokens} tokens`,
    'copy the files of all processes',
  );
}
