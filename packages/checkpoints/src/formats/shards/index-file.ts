import { basename, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { parseJsonObject } from '../../config/architecture.ts';
import { type FileLayout, INDEX } from '../../hub/weight-formats.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import { readSafetensorsHeader, resolveFile } from '../safetensors.ts';

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

export async function readWeightMap(folder: FolderFiles, index: string = INDEX): Promise<Record<string, string>> {
  const indexFile = join(folder.path, index);
  const parsed = validate(indexSchema, parseJsonObject((await folder.text(index)) ?? '', indexFile));
  if (!parsed.success) throw new UserError(`${indexFile} has no weight_map`, 'restore the file');
  return parsed.data.weight_map;
}

/** The tensors of all shards of an index. @param read reads one file by its real path */
export async function readShards(
  folder: FolderFiles,
  { index, suffix }: FileLayout,
  read: (file: string) => Promise<readonly TensorEntry[]>,
): Promise<TensorEntry[]> {
  const directory = folder.path;
  const indexFile = join(directory, index);
  const weightMap: Record<string, string | undefined> = await readWeightMap(folder, index);
  const shards = [...new Set(Object.values(weightMap).flatMap((name) => name ?? []))].sort();
  const entries = new Map<string, TensorEntry>();
  for (const shard of shards) {
    // A path could lead out of the checkpoint.
    if (basename(shard) !== shard || !shard.endsWith(suffix) || shard.includes('\0')) {
      throw new UserError(
        `${indexFile} names a shard outside of the directory: ${JSON.stringify(shard)}`,
        'restore the file',
      );
    }
    const path = join(directory, shard);
    const found = await read(await resolveFile(directory, shard));
    const names = new Set(found.map(({ name }) => name));
    const lacking = Object.keys(weightMap).find((name) => weightMap[name] === shard && !names.has(name));
    if (lacking !== undefined) {
      throw new UserError(`${path} lacks tensor ${JSON.stringify(lacking)}`, 'download the file again');
    }
    const twice = found.find(({ name }) => (weightMap[name] ?? shard) !== shard);
    if (twice) {
      throw new UserError(
        `${path} contains tensor ${JSON.stringify(twice.name)}, which the index has in ${weightMap[twice.name]}`,
        'save the checkpoint again (loaders differ in which of the two they use)',
      );
    }
    // transformers also loads tensors that are missing from the index, so they are part of the checkpoint.
    addAll(entries, found, path);
  }
  return [...entries.values()];
}

/** The tensors of several files. @throws UserError for a tensor that is in two of them */
export async function readAll(directory: string, files: readonly string[]): Promise<TensorEntry[]> {
  const found = new Map<string, TensorEntry>();
  for (const file of files) {
    addAll(found, await readSafetensorsHeader(await resolveFile(directory, file)), join(directory, file));
  }
  return [...found.values()];
}

function addAll(all: Map<string, TensorEntry>, entries: readonly TensorEntry[], file: string): void {
  for (const entry of entries) {
    if (all.has(entry.name)) {
      throw new UserError(
        `${file} contains tensor ${JSON.stringify(entry.name)}, which another file of it has as well`,
        'keep one set of weights in the folder',
      );
    }
    all.set(entry.name, entry);
  }
}
