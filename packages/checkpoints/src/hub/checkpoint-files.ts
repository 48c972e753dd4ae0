import { UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { consolidatedFiles, twoSets, twoSetsOfWeights, twoSetsWith } from './two-sets.ts';
import {
  ADAPTER,
  ADAPTER_CONFIG,
  INDEX,
  isPickledName,
  isTrainingState,
  isWeightsName,
  LAYOUTS,
  MLX_ADAPTER,
  PICKLED_ADAPTER,
  PICKLED_SINGLE,
  SINGLE,
} from './weight-formats.ts';

/** The reference implementation's limit for a safetensors header: a random length can amount to exabytes. */
export const MAX_HEADER_BYTES = 100_000_000;

export const listedFileSchema = z.strictObject({
  name: z.string(),
  size: z.int().nonnegative(),
  /** Git's digest of its content, or of its pointer if it is stored with Git LFS. */
  oid: z.string(),
  /** Digest of its content if it is stored with Git LFS. */
  sha256: z.string().nullable(),
});
export type ListedFile = Readonly<z.infer<typeof listedFileSchema>>;

export interface CheckpointFiles {
  /** Downloaded completely: configurations, tokenizer, index. */
  readonly whole: readonly ListedFile[];
  readonly weights: readonly ListedFile[];
  readonly index: ListedFile | null;
}

/** Configurations, tokenizers, and code for its digest. The largest vocabularies take tens of MiB. */
const WHOLE = /\.(json|jinja|model|py|tiktoken)$|^(vocab|merges)\.txt$|^tokenizer\.model\.v\d|^model\.sig$/;
const MAX_WHOLE_BYTES = 128 * 1024 * 1024;
const MAX_WHOLE_TOTAL_BYTES = 1024 * 1024 * 1024;
/** Weights of TensorFlow and Flax. */
const UNREAD_WEIGHTS = /\.(h5|msgpack)$/;
/** Accepted names: they become names of files in the cache. */
const NAME = /^((custom_generate|additional_chat_templates)\/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;
/** Folders from which transformers loads files: code that replaces `generate`, and templates. */
export const READ_FOLDERS: Readonly<Record<string, RegExp>> = {
  custom_generate: /\.py$/,
  additional_chat_templates: /\.jinja$/,
};

/** @throws UserError for a folder without safetensors or PyTorch's own files, or with two sets of them */
export function chooseCheckpointFiles(listing: readonly ListedFile[], path: string): CheckpointFiles {
  const named = listing.filter(({ name }) => NAME.test(name));
  const names = new Set(named.map(({ name }) => name));
  const find = (wanted: string) => named.find(({ name }) => name === wanted) ?? null;
  const conflict = twoSetsOfWeights(names, path);
  if (conflict) throw conflict;
  const small = named.filter(({ name, size }) => WHOLE.test(name) && !isOfOther(name) && size <= MAX_WHOLE_BYTES);
  if (small.reduce((sum, { size }) => sum + size, 0) > MAX_WHOLE_TOTAL_BYTES) {
    throw new UserError(
      `${path} has more than ${MAX_WHOLE_TOTAL_BYTES} bytes of configurations and tokenizers`,
      'give a folder with one checkpoint',
    );
  }
  const allNames = listing.map(({ name }) => name);
  for (const layout of LAYOUTS) {
    const [single, index] = [find(layout.single), find(layout.index)];
    const chosen = single ?? index;
    if (chosen === null) continue;
    const beside = layout.single === SINGLE ? null : twoSetsWith(chosen.name, allNames, path);
    if (beside) throw beside;
    // An index next to the single file is compared with it when the folder is opened.
    const whole = index && isOfOther(index.name) ? [...small, index] : small;
    if (single) return { whole, weights: [single], index: null };
    return { whole, weights: named.filter(({ name }) => name.endsWith(layout.suffix)), index };
  }
  const consolidated = consolidatedFiles(names, path);
  const adapter = find(ADAPTER_CONFIG) && (find(ADAPTER) ?? find(MLX_ADAPTER) ?? find(PICKLED_ADAPTER));
  const weights = consolidated ? named.filter(({ name }) => consolidated.includes(name)) : adapter ? [adapter] : null;
  if (weights) return { whole: small, weights, index: null };
  throw noSafetensors(named, path);
}

/** Does the file have the weights in another format, or an index of those? */
function isOfOther(name: string): boolean {
  const file = name.replace(/\.index\.json$/, '');
  return !file.endsWith('.safetensors') && (isWeightsName(file) || UNREAD_WEIGHTS.test(file));
}

/** Weights that programs load in addition or instead: see `findOtherWeights`. @throws UserError for an unusual name */
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

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The shards that an index names. @throws UserError for an invalid index, and for missing shards */
export function indexedShards(
  text: string,
  listed: readonly ListedFile[],
  path: string,
  index: string = INDEX,
): ListedFile[] {
  const hint = 'give a revision with a valid index';
  const parsed = validate(indexSchema, parseJson(text, { name: `${path}: ${index}`, hint }));
  if (!parsed.success) throw new UserError(`${path}: ${index} has no weight_map`, hint);
  return [...new Set(Object.values(parsed.data.weight_map))].sort().map((shard) => {
    const found = listed.find(({ name }) => name === shard);
    if (found) return found;
    const problem = `${path}: ${index} names ${JSON.stringify(shard)}, which does not exist`;
    throw new UserError(problem, 'give a revision with all shards');
  });
}

function noSafetensors(listing: readonly ListedFile[], path: string): UserError {
  const weights = listing.filter(({ name }) => isWeightsName(name) || UNREAD_WEIGHTS.test(name));
  const [first] = weights;
  const more = weights.length > 1 ? ` and ${weights.length - 1} more` : '';
  const what = first ? `it has ${first.name}${more}` : 'it has no weights';
  return new UserError(
    `${path} has neither ${SINGLE}, ${INDEX} nor ${ADAPTER}, nor ${PICKLED_SINGLE}: ${what}`,
    'give a revision or a folder with safetensors, or download the file and give its path',
  );
}
