import { UserError } from '@shadow-gate/platform';
import { FolderFiles, sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { Checkpoint } from './checkpoint.ts';
import {
  type Architecture,
  describeArchitecture,
  parseJsonObject,
  readConfig,
  UNKNOWN_ARCHITECTURE,
} from './config/architecture.ts';
import { withoutHistory } from './digest.ts';
import { readWeightMap } from './formats/shards/index-file.ts';
import type { ListedFile } from './hub/checkpoint-files.ts';
import { openSnapshotFiles, type SnapshotFiles } from './hub/snapshot-files.ts';
import { twoSets } from './hub/two-sets.ts';
import {
  ADAPTER,
  ADAPTER_CONFIG,
  INDEX,
  MLX_ADAPTER,
  PICKLED_ADAPTER,
  SINGLE,
  WEIGHT_FORMAT_NAMES,
  WEIGHT_FORMATS,
  type WeightFormat,
} from './hub/weight-formats.ts';

/** A checkpoint on a hub without its weights: only its listing and the small files are known. */
export interface ListedCheckpoint extends Pick<SnapshotFiles, 'name' | 'names'> {
  readonly format: WeightFormat | 'lora';
  /** Local folder with configurations, tokenizer, templates and code. */
  readonly path: string;
  readonly files: FolderFiles;
  /** config.json, or adapter_config.json of an adapter. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Unknown for an adapter, which has that of its base model. */
  readonly architecture: Architecture;
  readonly listing: string;
}

/** Open a checkpoint on a hub without any request for its weights. @throws UserError for weights without digests */
export async function openListed(path: string): Promise<ListedCheckpoint> {
  const { folder, name, names, weights } = await openSnapshotFiles(path);
  const files = new FolderFiles(folder);
  const isAdapter = weights.some(({ name: file }) => [ADAPTER, MLX_ADAPTER, PICKLED_ADAPTER].includes(file));
  const isOf = (format: WeightFormat) => weights.some(({ name: file }) => WEIGHT_FORMATS[format].files.test(file));
  if (names.includes(SINGLE) && names.includes(INDEX)) {
    // One would be taken for the weights, and the other one served.
    const shards = Object.values(await readWeightMap(files));
    if (shards.some((shard) => shard !== SINGLE)) throw twoSets(path, [SINGLE, INDEX]);
  }
  const config = isAdapter
    ? parseJsonObject((await files.text(ADAPTER_CONFIG)) ?? '', `${path}: ${ADAPTER_CONFIG}`)
    : await readConfig(files);
  if (!config) throw new UserError(`${path} has no config.json`, 'give a revision that has it');
  return {
    format: isAdapter ? 'lora' : (WEIGHT_FORMAT_NAMES.find(isOf) ?? 'safetensors'),
    path: folder,
    files,
    name,
    names,
    config,
    architecture: isAdapter ? UNKNOWN_ARCHITECTURE : describeArchitecture(config),
    listing: digestListing(weights, { path, config }),
  };
}

/** The listing of a checkpoint with weights; null if it is not on a hub, or if some digest is missing. */
export function checkpointListing({ remote, config }: Checkpoint): Pick<ListedCheckpoint, 'name' | 'listing'> | null {
  if (remote === null || config === null || remote.weights.some(({ sha256: listed }) => listed === null)) return null;
  const { name, weights } = remote;
  return { name, listing: digestListing(weights, { path: name, config }) };
}

/**
 * The identity of a checkpoint by its hub: a digest of the names of its files of weights, of their SHA-256 in Git LFS,
 * and of the configuration. Unlike `digestCheckpoint`, it depends on how the tensors are spread over files, and neither
 * can be computed from the other. @throws UserError for a file that the hub lists without its SHA-256
 */
function digestListing(
  weights: readonly ListedFile[],
  { path, config }: { readonly path: string; readonly config: Readonly<Record<string, unknown>> },
): string {
  const files = weights.map(({ name, sha256: listed }) => {
    if (listed !== null && /^[0-9a-f]{64}$/.test(listed)) return [name, listed];
    throw new UserError(
      `${path}: the hub lists no SHA-256 of ${name}, so that nothing but a download can tell what its weights are`,
      'store its weights with Git LFS, or download it and give the folder as the checkpoint',
    );
  });
  const sorted = files.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return `sha256:${sha256(canonicalJson(['listing', sorted, withoutHistory({ ...config })]))}`;
}
