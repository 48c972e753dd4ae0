import { UserError } from '@shadow-gate/platform';
import { readConfig } from '../config/architecture.ts';
import { consolidatedFiles } from '../hub/two-sets.ts';
import { WEIGHT_FORMATS } from '../hub/weight-formats.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { refuseAdapterFile, refuseFactors } from './adapter-names.ts';
import { PICKLE } from './foreign-format.ts';
import { type FullCheckpoint, fullCheckpoint } from './full-checkpoint.ts';
import { readLoneStateDict, readStateDict } from './pickle/state-dict.ts';
import { withoutTied } from './pickle/tied-names.ts';
import { readSafetensorsHeader, resolveFile } from './safetensors.ts';
import { readAll, readShards } from './shards/index-file.ts';
import type { WeightsEntry, WeightsFolder } from './weights-entry.ts';

/** Weights under the file names of transformers and Mistral: one file, or shards. */

type StateDictFormat = 'safetensors' | 'pytorch';
type Place = Pick<WeightsFolder, 'path' | 'files'>;

/** Pickles list tied tensors under each of their names. */
async function opened(format: StateDictFormat, { path, files }: Place, all: readonly TensorEntry[]) {
  const config = await readConfig(files);
  const entries = format === 'pytorch' ? withoutTied(all, config) : all;
  return fullCheckpoint({ format, path, files, config, entries });
}

function openedFolder(format: StateDictFormat, folder: Place, entries: readonly TensorEntry[]) {
  refuseFactors(folder.path, entries.map(nameOf));
  return opened(format, folder, entries);
}

function openedFile(format: StateDictFormat, given: Place, entries: readonly TensorEntry[]): Promise<FullCheckpoint> {
  refuseAdapterFile(given.path, entries.map(nameOf));
  return opened(format, given, entries);
}

const nameOf = ({ name }: TensorEntry): string => name;

function expectConfig(path: string, config: unknown): void {
  if (config) return;
  throw new UserError(`${path} has no config.json`, 'add it, or give the file of the weights instead of the directory');
}

function ofLayout(format: StateDictFormat, read: (file: string) => Promise<TensorEntry[]>) {
  const { layout } = WEIGHT_FORMATS[format];
  return {
    recognizes: async ({ path, files, names }: WeightsFolder) => {
      const found = [layout.single, layout.index].find((name) => names.has(name)) ?? null;
      if (found !== null) expectConfig(path, names.has('config.json') ? await readConfig(files) : null);
      return found;
    },
    open: async (folder: WeightsFolder, found: string) => {
      const { path, files } = folder;
      const entries =
        found === layout.single ? await read(await resolveFile(path, found)) : await readShards(files, layout, read);
      return openedFolder(format, folder, entries);
    },
  };
}

/** Read instead of pickles and GGUF, as in transformers. */
export const safetensors = {
  ...ofLayout('safetensors', readSafetensorsHeader),
  otherSets: [],
  file: {
    recognizes: ({ foreign }) => foreign === null,
    open: async (given) => openedFile('safetensors', given, await readSafetensorsHeader(given.file)),
  },
} as const satisfies WeightsEntry;

export const pytorch: WeightsEntry = {
  ...ofLayout('pytorch', readStateDict),
  otherSets: ['named'],
  file: {
    // Under the name of another format, programs that trust that format would load it.
    recognizes: ({ path, foreign }) => foreign === PICKLE && !/\.(safetensors|onnx)$/.test(path),
    open: async (given) => openedFile('pytorch', given, await readLoneStateDict(given.file)),
  },
};

export const consolidated: WeightsEntry = {
  recognizes: async ({ path, files, names }) => {
    const [first = null] = consolidatedFiles(names, path) ?? [];
    if (first !== null) expectConfig(path, await readConfig(files));
    return first;
  },
  otherSets: [],
  open: async (folder) => {
    const { path, names } = folder;
    return openedFolder('safetensors', folder, await readAll(path, consolidatedFiles(names, path) ?? []));
  },
};
