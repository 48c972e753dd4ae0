import { UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';

/**
 * The largest accepted header of a safetensors file: that of the reference implementation. The first bytes of any other
 * file, read as a length, can amount to exabytes.
 */
export const MAX_HEADER_BYTES = 100_000_000;

/** A file of a repository, with the digests of its content. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
  /** Git's digest of its content, or of its pointer if it is stored with Git LFS. */
  readonly oid: string;
  /** Digest of its content if it is stored with Git LFS. */
  readonly sha256: string | null;
}

/** The files of a folder that are downloaded. */
export interface CheckpointFiles {
  /** Downloaded completely: configurations, tokenizer, index. */
  readonly whole: readonly ListedFile[];
  /** Downloaded in ranges. */
  readonly weights: readonly ListedFile[];
  /** The list of shards that belong together. */
  readonly index: ListedFile | null;
}

/** Names of files in the directory of a checkpoint, as transformers, PEFT and mlx-lm write them. */
export const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER = 'adapter_model.safetensors';
/** mlx-lm's file, next to its own kind of ADAPTER_CONFIG. */
export const MLX_ADAPTER = 'adapters.safetensors';
/** The same, as pickles. */
export const PICKLED_SINGLE = 'pytorch_model.bin';
export const PICKLED_INDEX = 'pytorch_model.bin.index.json';
export const PICKLED_ADAPTER = 'adapter_model.bin';

const SHARD = /^model-\d+-of-\d+\.safetensors$/;
const PICKLED_SHARD = /^pytorch_model-\d+-of-\d+\.bin$/;

const CONSOLIDATED = 'consolidated.safetensors';
/** Mistral's own weights, by what vLLM looks for. */
export const CONSOLIDATED_FILE = /^consolidated.*\.safetensors$/;
const CONSOLIDATED_SHARD = /^consolidated[.-](\d+)-of-(\d+)\.safetensors$/;

/**
 * Mistral's own files of weights, next to its params.json, in a folder that has no others: `consolidated.safetensors`,
 * or shards. Each tensor is in one of them.
 * @param names of the files in the folder
 * @returns null if there are none, or weights in the layout of transformers, which are read instead
 * @throws UserError for both, and for shards that are not complete
 */
export function consolidatedFiles(names: ReadonlySet<string>, path: string): readonly string[] | null {
  const others = [SINGLE, INDEX, PICKLED_SINGLE, PICKLED_INDEX, ADAPTER, ADAPTER_CONFIG];
  if (others.some((name) => names.has(name)) || !names.has('params.json')) return null;
  const shards = [...names].filter((name) => CONSOLIDATED_SHARD.test(name)).sort();
  const [first] = shards;
  if (first === undefined) return names.has(CONSOLIDATED) ? [CONSOLIDATED] : null;
  if (names.has(CONSOLIDATED)) throw twoSets(path, [CONSOLIDATED, first]);
  const counts = new Set(shards.map((name) => Number(CONSOLIDATED_SHARD.exec(name)?.[2])));
  if (counts.size === 1 && counts.has(shards.length)) return shards;
  throw new UserError(
    `${path} has ${shards.length} files like ${first}, and not as many as their names say`,
    'download all of them',
  );
}

/**
 * Two sets of weights in one folder: one could be measured and the other one loaded. transformers prefers an adapter to
 * full weights and one file to shards, also with pickles; vLLM prefers the files of an index and, without one, loads
 * all of them. What hubs have next to safetensors (`.bin`, `consolidated.safetensors`) is compared with them before
 * they are measured (`findOtherWeights`).
 * @param names of the files in the folder
 * @returns null unless the names alone show it; whether an index is of the single file is in the index
 */
export function twoSetsOfWeights(names: ReadonlySet<string>, path: string): UserError | null {
  const find = (...wanted: readonly string[]) => wanted.find((name) => names.has(name));
  const isPickled = find(SINGLE, INDEX) === undefined;
  const full = isPickled ? find(PICKLED_SINGLE, PICKLED_INDEX) : find(SINGLE, INDEX);
  const adapter = find(ADAPTER, ADAPTER_CONFIG, PICKLED_ADAPTER);
  if (full !== undefined && adapter !== undefined) return twoSets(path, [full, adapter]);
  const [single, pattern] = isPickled ? ([PICKLED_SINGLE, PICKLED_SHARD] as const) : ([SINGLE, SHARD] as const);
  const shard = names.has(single) ? [...names].sort().find((name) => pattern.test(name)) : undefined;
  if (shard !== undefined) return twoSets(path, [single, shard]);
  return names.has(ADAPTER) && names.has(MLX_ADAPTER) ? twoSets(path, [ADAPTER, MLX_ADAPTER]) : null;
}

/** What FSDP leaves of a model, and other files of safetensors than those that are opened first. */
const OF_ANOTHER_SET = /\.(safetensors|distcp)$|^(pytorch_model|distcp)_fsdp(_\d+)?$/;

/**
 * Another set of weights next to one of pickles, GGUF or ONNX. Without this check it would be ignored silently.
 * @param names of what is in the folder
 */
export function twoSetsWith(chosen: string, names: Iterable<string>, path: string): UserError | null {
  const other = [...names].sort().find((name) => OF_ANOTHER_SET.test(name));
  return other === undefined ? null : twoSets(path, [chosen, other]);
}

export function twoSets(path: string, [one, other]: readonly [string, string]): UserError {
  return new UserError(
    `${path} has two sets of weights, ${one} and ${other}, and loaders differ in which they use`,
    `keep one of them there: remove ${one} or ${other}, or move it to a folder of its own`,
  );
}

/** Configurations, tokenizers, and code for its digest. The largest vocabularies take tens of MiB. */
const WHOLE = /\.(json|jinja|model|py|tiktoken)$|^(vocab|merges)\.txt$|^tokenizer\.model\.v\d|^model\.sig$/;
const MAX_WHOLE_BYTES = 128 * 1024 * 1024;
/** All of them together: a folder can have thousands. */
const MAX_WHOLE_TOTAL_BYTES = 1024 * 1024 * 1024;
/** The same weights in other formats, and indexes of those. */
const NOT_NEEDED = /\.(bin|h5|msgpack|gguf|onnx|pt|pth)(\.index\.json)?$/;
/** Accepted names: they become names of files in the cache. */
const NAME = /^((custom_generate|additional_chat_templates)\/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;
/** Folders of which transformers loads files, and which: code in place of `generate`, and templates. */
export const READ_FOLDERS: Readonly<Record<string, RegExp>> = {
  custom_generate: /\.py$/,
  additional_chat_templates: /\.jinja$/,
};

/**
 * Choose the files of one checkpoint from a folder. Other formats of the same weights, and other folders, are not
 * downloaded.
 * @throws UserError for a folder without safetensors or PyTorch's own files, or with two sets of them
 */
export function chooseCheckpointFiles(listing: readonly ListedFile[], path: string): CheckpointFiles {
  const named = listing.filter(({ name }) => NAME.test(name));
  const find = (wanted: string) => named.find(({ name }) => name === wanted) ?? null;
  const conflict = twoSetsOfWeights(new Set(named.map(({ name }) => name)), path);
  if (conflict) throw conflict;
  const small = named.filter(({ name, size }) => WHOLE.test(name) && !NOT_NEEDED.test(name) && size <= MAX_WHOLE_BYTES);
  const [single, index, adapter] = [find(SINGLE), find(INDEX), find(ADAPTER) ?? find(MLX_ADAPTER)];
  if (small.reduce((sum, { size }) => sum + size, 0) > MAX_WHOLE_TOTAL_BYTES) {
    throw new UserError(
      `${path} has more than ${MAX_WHOLE_TOTAL_BYTES} bytes of configurations and tokenizers`,
      'give a folder with one checkpoint',
    );
  }
  // An index next to the single file is compared with it when the folder is opened.
  if (single) return { whole: small, weights: [single], index: null };
  if (index) return { whole: small, weights: named.filter(({ name }) => name.endsWith('.safetensors')), index };
  const consolidated = consolidatedFiles(new Set(named.map(({ name }) => name)), path);
  if (consolidated)
    return { whole: small, weights: named.filter(({ name }) => consolidated.includes(name)), index: null };
  if (adapter && find(ADAPTER_CONFIG)) return { whole: small, weights: [adapter], index: null };
  const pickled = find(PICKLED_ADAPTER);
  if (pickled && find(ADAPTER_CONFIG)) return { whole: small, weights: [pickled], index: null };
  const [pickledSingle, pickledIndex] = [find(PICKLED_SINGLE), find(PICKLED_INDEX)];
  const chosen = pickledSingle ?? pickledIndex;
  const beside =
    chosen &&
    twoSetsWith(
      chosen.name,
      listing.map(({ name }) => name),
      path,
    );
  if (beside) throw beside;
  // The index next to a single file is compared with it here too.
  const whole = pickledIndex === null ? small : [...small, pickledIndex];
  if (pickledSingle) return { whole, weights: [pickledSingle], index: null };
  if (pickledIndex) {
    return { whole, weights: named.filter(({ name }) => isPickledName(name)), index: pickledIndex };
  }
  throw noSafetensors(named, path);
}

/** The exact names that the Trainer and accelerate give the state of a training run, which is no model. */
const TRAINING_STATE =
  /^((optimizer|scheduler|scaler|sampler|dl_state_dict)(_\d+)?\.(bin|pt)|training_args\.bin|rng_state(_\d+)*\.pth|random_states_\d+\.pkl)$/;

/** Those that vLLM leaves out where it loads every `*.bin`; others of this form are for it weights like any (0.11). */
const LEFT_OUT = /^(optimizer|training_args)\.bin$/;

/** Is it, by its name, the state of a training run? No program loads that along with weights of this kind. */
export function isTrainingState(name: string, { arePickles }: { readonly arePickles: boolean }): boolean {
  return TRAINING_STATE.test(name) && !(arePickles && name.endsWith('.bin') && !LEFT_OUT.test(name));
}

/**
 * The files of weights of a folder that programs load as well, or instead of those that were chosen: see
 * `findOtherWeights`.
 * @throws UserError for one whose name cannot be that of a file in the cache
 */
export function otherFiles(listing: readonly ListedFile[], chosen: readonly ListedFile[], path: string): ListedFile[] {
  const isPickled = chosen.some(({ name }) => isPickledName(name));
  const others = listing.filter(
    ({ name }) =>
      !chosen.some((file) => file.name === name) &&
      (name.endsWith('.safetensors') ||
        (isPickled && isPickledName(name) && !isTrainingState(name, { arePickles: true }))),
  );
  const strange = others.find(({ name }) => !NAME.test(name));
  if (strange) throw twoSets(path, [chosen[0]?.name ?? SINGLE, strange.name]);
  return others;
}

/**
 * Is this file of weights a pickle by its name? Those are downloaded as a whole: what they have is not at their start.
 */
export function isPickledName(name: string): boolean {
  return name.endsWith('.bin');
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The shards that an index names. @throws UserError for an invalid index, and for missing shards */
export function indexedShards(text: string, listed: readonly ListedFile[], path: string, index = INDEX): ListedFile[] {
  const hint = 'give a revision with a valid index';
  const parsed = validate(indexSchema, parseJson(text, { name: `${path}: ${index}`, hint }));
  if (!parsed.success) throw new UserError(`${path}: ${index} has no weight_map`, hint);
  return [...new Set(Object.values(parsed.data.weight_map))].sort().map((shard) => {
    const found = listed.find(({ name }) => name === shard);
    if (found) return found;
    throw new UserError(
      `${path}: ${index} names ${JSON.stringify(shard)}, which does not exist`,
      'give a revision with all shards',
    );
  });
}

function noSafetensors(listing: readonly ListedFile[], path: string): UserError {
  const weights = listing.filter(({ name }) => /\.(bin|pt|pth|gguf|h5|msgpack|onnx|safetensors)$/.test(name));
  const [first] = weights;
  const what = first
    ? `it has ${first.name}${weights.length > 1 ? ` and ${weights.length - 1} more` : ''}`
    : 'it has no weights';
  return new UserError(
    `${path} has neither ${SINGLE}, ${INDEX} nor ${ADAPTER}, nor ${PICKLED_SINGLE}: ${what}`,
    'give a revision or a folder with safetensors, or download the file and give its path',
  );
}
