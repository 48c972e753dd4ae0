import { z } from 'zod';
import { UserError } from '../platform/user-error.ts';

/**
 * The limit on the header of a safetensors file. The reference implementation refuses larger ones too: a random file, its start
 * read as a length, asks for exabytes.
 */
export const MAX_HEADER_BYTES = 100_000_000;

/** A file of a repository, with what its content is named by. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
  /** Git's name of its content, or of its pointer where it is a large file. */
  readonly oid: string;
  /** Of its content, where it is a large file. */
  readonly sha256: string | null;
}

/** What of a folder is downloaded. */
export interface CheckpointFiles {
  /** Read whole: configurations, tokenizer, the index. */
  readonly whole: readonly ListedFile[];
  /** Read in ranges. */
  readonly weights: readonly ListedFile[];
  /** Which of the weights belong together. */
  readonly index: ListedFile | null;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const ADAPTER_CONFIG = 'adapter_config.json';
const ADAPTER = 'adapter_model.safetensors';

/** Configurations and tokenizers. The largest vocabularies take some tens of MiB. */
const WHOLE = /\.(json|jinja|model)$|^(vocab|merges)\.txt$/;
const MAX_WHOLE_BYTES = 128 * 1024 * 1024;
/** The same weights in another format, and indexes of those. */
const NOT_NEEDED = /\.(bin|h5|msgpack|gguf|onnx|pt|pth)(\.index\.json)?$/;
/** A file's name becomes one in the cache. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;

/**
 * Choose from a folder what makes one checkpoint, with the precedence that it has on the disk: one file before shards, full
 * weights before an adapter. The same weights in other formats, and what lies in other folders, stay where they are.
 * @throws UserError where there are no safetensors
 */
export function chooseFiles(listing: readonly ListedFile[], path: string): CheckpointFiles {
  const named = listing.filter(({ name }) => NAME.test(name));
  const find = (wanted: string) => named.find(({ name }) => name === wanted) ?? null;
  const small = named.filter(({ name, size }) => WHOLE.test(name) && !NOT_NEEDED.test(name) && size <= MAX_WHOLE_BYTES);
  const [single, index, adapter] = [find(SINGLE), find(INDEX), find(ADAPTER)];
  if (single) return { whole: small.filter(({ name }) => name !== INDEX), weights: [single], index: null };
  if (index) return { whole: small, weights: named.filter(({ name }) => name.endsWith('.safetensors')), index };
  if (adapter && find(ADAPTER_CONFIG)) return { whole: small, weights: [adapter], index: null };
  throw noSafetensors(named, path);
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The shards that an index names. @throws UserError for an index that is none, and for shards that are missing */
export function shardsOf(text: string, listed: readonly ListedFile[], path: string): ListedFile[] {
  let parsed: z.infer<typeof indexSchema>;
  try {
    parsed = indexSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${path}: ${INDEX} has no weight_map`, 'give a revision in which it is whole');
  }
  return [...new Set(Object.values(parsed.weight_map))].sort().map((shard) => {
    const found = listed.find(({ name }) => name === shard);
    if (found) return found;
    throw new UserError(
      `${path}: ${INDEX} names ${JSON.stringify(shard)}, which is not there`,
      'give a revision in which it is',
    );
  });
}

function noSafetensors(listing: readonly ListedFile[], path: string): UserError {
  const weights = listing.filter(({ name }) => /\.(bin|pt|pth|gguf|h5|msgpack|onnx|safetensors)$/.test(name));
  const [first] = weights;
  const what = first
    ? `it has ${first.name}${weights.length > 1 ? ` and ${weights.length - 1} more` : ''}`
    : 'no weights';
  return new UserError(
    `${path} has neither ${SINGLE}, ${INDEX} nor ${ADAPTER}: ${what}`,
    'give a revision or a folder with safetensors, or download the file itself',
  );
}
