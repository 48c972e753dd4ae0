import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import type { OnProgress } from '@shadow-gate/platform/progress';
import type { Adapter } from './adapter/adapter.ts';
import { refuseAdapterFile, refuseFactors, refuseForeignAdapter } from './adapter/adapter-names.ts';
import { adaptersInside, isAdapterDirectory, openAdapter } from './adapter/open-adapter.ts';
import type { Checkpoint } from './checkpoint.ts';
import { describeArchitecture, readConfig, UNKNOWN_ARCHITECTURE } from './config/architecture.ts';
import { detectForeignFormat, foreignFilesIn, foreignWeightsIn, refuseForeignFile } from './formats/foreign-files.ts';
import { foreignError, PICKLE } from './formats/foreign-format.ts';
import type { FullCheckpoint } from './formats/full-checkpoint.ts';
import { isGguf } from './formats/gguf/header.ts';
import { openGguf } from './formats/gguf/open-gguf.ts';
import { ggufIn } from './formats/gguf/parts.ts';
import { openOnnx } from './formats/onnx/open-onnx.ts';
import { readLoneStateDict, readStateDict } from './formats/pickle/state-dict.ts';
import { withoutTied } from './formats/pickle/tied-names.ts';
import { readQuantized } from './formats/quantized/read-quantized.ts';
import { readSafetensorsHeader, readSafetensorsMetadata, readTensorBytes, resolveFile } from './formats/safetensors.ts';
import { readAll, readShards, readWeightMap } from './formats/shards/index-file.ts';
import { shardsIn } from './formats/shards/shards-in.ts';
import { usualTensors } from './formats/usual-tensors.ts';
import {
  consolidatedFiles,
  INDEX,
  isTrainingState,
  PICKLED_INDEX,
  PICKLED_SINGLE,
  SINGLE,
  twoSets,
  twoSetsOfWeights,
  twoSetsWith,
} from './hub/checkpoint-files.ts';
import { isHubPath } from './hub/hub-path.ts';
import { openSnapshot } from './hub/snapshot.ts';
import { tokenEmbedding } from './matrices/token-embedding.ts';
import { isMultimodalName } from './naming/place.ts';
import type { TensorEntry } from './tensors/tensor-entry.ts';
import { storedEntries } from './tensors/tensor-value.ts';

/**
 * Open a checkpoint: a Hugging Face directory (one `model.safetensors`, or shards with their index; without them, the
 * same as `pytorch_model.bin`), the directory of a PEFT or MLX adapter, one safetensors file or file of torch.save, or
 * an ONNX or GGUF model (a file, or a directory without other weights). Only headers are read, and nothing that a
 * pickle names is called. Links may lead to files of the same folder and into the `blobs` of a Hugging Face cache.
 * `hf://org/model` downloads no more than the headers: see `fetchTensors`.
 * @throws UserError for anything that is not exactly one complete checkpoint
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  if (!isHubPath(path)) return withUsualTensors(await openLocal(path));
  const remote = await openSnapshot(path);
  return withUsualTensors({ ...(await openLocal(remote.folder)), remote });
}

/** Open the adapter that a checkpoint was merged from. @throws UserError for anything that is not a LoRA adapter */
export async function openMergedAdapter(path: string, open = openCheckpoint): Promise<Adapter> {
  const checkpoint = await open(path);
  if (checkpoint.format === 'lora') return checkpoint;
  throw new UserError(
    `${path} is not an adapter`,
    'give the folder with the adapter_config.json of the merged adapter',
  );
}

/** The name of a checkpoint in a measurement: its path, or on a hub its name with the commit. */
export function checkpointName({ remote, path }: Checkpoint): string {
  return remote?.name ?? path;
}

/**
 * Make sure that the bytes of these tensors are on the disk, where they are already unless the checkpoint is on a hub.
 * Call it before tensors are read: what has not been fetched is a hole in its file, and reads as zeros.
 * @throws UserError for a download that fails
 */
export async function fetchTensors(
  { remote }: Checkpoint,
  tensors: Iterable<TensorEntry>,
  onDownload?: OnProgress,
): Promise<void> {
  await remote?.fetch([...tensors].flatMap(storedEntries), onDownload);
}

/** With its tensors as `usualTensors` reads them. */
export async function withUsualTensors(checkpoint: Checkpoint): Promise<Checkpoint> {
  const isPickled = checkpoint.format === 'pytorch';
  if (checkpoint.format !== 'safetensors' && !isPickled) return checkpoint;
  const tensors = await (isPickled ? readQuantized : usualTensors)(checkpoint, {
    fetch: (entries) => fetchTensors(checkpoint, entries),
    read: async (entry) => {
      await fetchTensors(checkpoint, [entry]);
      return readTensorBytes(entry);
    },
    metadata: isPickled ? async () => ({}) : readSafetensorsMetadata,
  });
  return { ...checkpoint, tensors };
}

/** `org/model`, as a hub and other programs name a model. */
function isHubName(path: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/.test(path);
}

async function openLocal(path: string): Promise<Checkpoint> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      const local = 'give the directory of a checkpoint, or a file of weights (safetensors, GGUF, ONNX, or PyTorch)';
      throw new UserError(`${path} does not exist`, isHubName(path) ? `${local}, or hf://${path} for a hub's` : local);
    }
    if (error.code === 'EACCES') throw new UserError(`${path} cannot be read`, 'check its permissions');
    throw error;
  });
  if (info.isFile()) return openFile(path, new FolderFiles(dirname(path)));
  if (!info.isDirectory())
    throw new UserError(`${path} is neither a file nor a directory`, 'give the path of a checkpoint');
  const files = new FolderFiles(path);
  await refuseTwoSets(files);
  if (await isAdapterDirectory(path)) return openAdapter(files);
  return openDirectory(files);
}

/** Open a checkpoint that must have full weights, such as a reference. @throws UserError for an adapter */
export async function openReference(path: string, open = openCheckpoint): Promise<FullCheckpoint> {
  const checkpoint = await open(path);
  if (checkpoint.format === 'lora') {
    throw new UserError(`${path} is an adapter, not full weights`, 'give its base model as reference');
  }
  return checkpoint;
}

/** Opens a lone file; `beside` has the files of its folder. */
async function openFile(path: string, beside: FolderFiles): Promise<FullCheckpoint> {
  const file = await resolveFile(dirname(path), basename(path));
  if (await isGguf(file)) return openGguf(path, beside);
  const foreign = await detectForeignFormat(path);
  // Under the name of another format, it would be loaded by those who trust that.
  const isPickled = foreign === PICKLE && !/\.(safetensors|onnx)$/.test(path);
  if (foreign !== null && !isPickled) throw foreignError(path, foreign);
  if (path.endsWith('.onnx')) return openOnnx(path, file, beside);
  const entries = isPickled ? await readLoneStateDict(file) : await readSafetensorsHeader(file);
  refuseAdapterFile(
    path,
    entries.map(({ name }) => name),
  );
  const config = await readConfig(beside);
  return isPickled ? buildPickled(path, entries, config, beside) : build(path, entries, config, beside);
}

/** A checkpoint whose pickles have the names and the places of its tensors. */
function buildPickled(
  path: string,
  entries: readonly TensorEntry[],
  config: Record<string, unknown> | null,
  files: FolderFiles,
): FullCheckpoint {
  return { ...build(path, withoutTied(entries, config), config, files), format: 'pytorch' };
}

/** One of them would be measured, and the other one loaded. */
async function refuseTwoSets(files: FolderFiles): Promise<void> {
  const { path } = files;
  const names = new Set(await readdir(path));
  const conflict = twoSetsOfWeights(names, path);
  if (conflict) throw conflict;
  for (const [single, index] of [
    [SINGLE, INDEX],
    [PICKLED_SINGLE, PICKLED_INDEX],
  ] as const) {
    if (!names.has(single) || !names.has(index) || (index === PICKLED_INDEX && hasSafetensors(names))) continue;
    const shard = Object.values(await readWeightMap(files, index)).find((name) => name !== single);
    if (shard !== undefined) throw twoSets(path, [single, index]);
  }
  const all = [...names].sort();
  const onnx = all.find((name) => name.endsWith('.onnx'));
  const safetensors = all.find((name) => name === INDEX || name.endsWith('.safetensors'));
  if (onnx !== undefined && safetensors !== undefined) {
    throw new UserError(
      `${path} has two models, ${safetensors} and ${onnx}`,
      `move ${onnx} to the subfolder onnx, where Transformers.js and Optimum have it, or give its path to measure it`,
    );
  }
}

/** @throws UserError for weights of another form than those that were found first */
function refuseAnother(path: string, chosen: string, names: ReadonlySet<string>): void {
  const conflict = twoSetsWith(chosen, names, path);
  if (conflict) throw conflict;
}

/** vLLM loads pickles of any name where there are no safetensors. */
async function refusePickles(path: string, chosen: string): Promise<void> {
  const found = await foreignFilesIn(path);
  const other = found.find(
    ({ name, format }) =>
      format === PICKLE && /\.(bin|pt)$/.test(name) && !isTrainingState(name, { arePickles: false }),
  );
  if (other) throw twoSets(path, [chosen, other.name]);
}

async function openDirectory(files: FolderFiles): Promise<FullCheckpoint> {
  const { path } = files;
  const names = new Set(await readdir(path));
  const onnx = onlyOnnx(names);
  if (onnx !== null) {
    refuseAnother(path, onnx, names);
    await refusePickles(path, onnx);
    await refuseForeignFile(join(path, onnx));
    return openOnnx(join(path, onnx), await resolveFile(path, onnx), files);
  }
  const consolidated = hasSafetensors(names) ? null : consolidatedFiles(names, path);
  // transformers also prefers safetensors to pickles, and both to GGUF.
  const isSafe = hasSafetensors(names) || consolidated !== null;
  const isPickled = !isSafe && (names.has(PICKLED_SINGLE) || names.has(PICKLED_INDEX));
  const gguf = isSafe || isPickled ? null : await ggufIn(path);
  if (gguf !== null) {
    refuseAnother(path, basename(gguf), names);
    await refusePickles(path, basename(gguf));
    return openFile(gguf, files);
  }
  if (!isSafe && !isPickled) return openShards(files, names);
  const config = consolidated !== null || names.has('config.json') ? await readConfig(files) : null;
  if (!config) {
    throw new UserError(
      `${path} has no config.json`,
      'add it, or give the file of the weights instead of the directory',
    );
  }
  const [single, index] = isPickled ? ([PICKLED_SINGLE, PICKLED_INDEX] as const) : ([SINGLE, INDEX] as const);
  if (isPickled) refuseAnother(path, names.has(single) ? single : index, names);
  const read = isPickled ? readStateDict : readSafetensorsHeader;
  const entries =
    consolidated !== null
      ? await readAll(path, consolidated)
      : names.has(single)
        ? await read(await resolveFile(path, single))
        : await readShards(files, index, read);
  refuseFactors(
    path,
    entries.map(({ name }) => name),
  );
  return isPickled ? buildPickled(path, entries, config, files) : build(path, entries, config, files);
}

/**
 * What the processes of a training run left, each its own part. The configuration is often elsewhere then: weights are
 * measured without it.
 */
async function openShards(files: FolderFiles, names: ReadonlySet<string>): Promise<FullCheckpoint> {
  const { path } = files;
  const shards = await shardsIn(path, names);
  if (shards === null) throw (await adaptersInside(path)) ?? (await noWeights(path, names));
  const { entries, format } = shards;
  refuseFactors(
    path,
    entries.map(({ name }) => name),
  );
  const checkpoint = { ...build(path, entries, await readConfig(files), files), format };
  expectAllRows(checkpoint);
  return checkpoint;
}

/** Shards of safetensors do not say how many there are, but a config says how many rows the embeddings have. */
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

function hasSafetensors(names: ReadonlySet<string>): boolean {
  return names.has(SINGLE) || names.has(INDEX);
}

/** Does a model have other towers than its language model, by its config or the names of its tensors? */
export function isMultimodal(config: Readonly<Record<string, unknown>> | null, names: readonly string[]): boolean {
  const hasTower = config !== null && ('vision_config' in config || 'audio_config' in config);
  return hasTower || names.some(isMultimodalName);
}

function build(
  path: string,
  entries: readonly TensorEntry[],
  config: Record<string, unknown> | null,
  files: FolderFiles,
): FullCheckpoint {
  if (entries.length === 0) throw new UserError(`${path} contains no tensors`, 'save the checkpoint again');
  const byName = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const multimodal = isMultimodal(
    config,
    byName.map(({ name }) => name),
  );
  return {
    format: 'safetensors',
    path,
    files,
    tensors: new Map(byName.map((entry) => [entry.name, entry])),
    architecture: config ? describeArchitecture(config) : UNKNOWN_ARCHITECTURE,
    multimodal,
    config,
    onnx: null,
    remote: null,
  };
}

/** The ONNX model of a directory that has exactly one, and no safetensors. */
function onlyOnnx(names: ReadonlySet<string>): string | null {
  const all = [...names];
  const [model, ...others] = all.filter((name) => name.endsWith('.onnx'));
  const isOnly = others.length === 0 && !all.some((name) => name.endsWith('.safetensors') || name === INDEX);
  return isOnly ? (model ?? null) : null;
}

/** The names of the tensors in a file of the directory. */
async function namesOf(path: string, file: string): Promise<string[]> {
  return (await readSafetensorsHeader(await resolveFile(path, file))).map(({ name }) => name);
}

async function noWeights(path: string, names: ReadonlySet<string>): Promise<UserError> {
  const all = [...names].sort();
  const shard = all.find((name) => /-of-\d+\.safetensors$/.test(name));
  if (shard) return new UserError(`${path} has shards but no ${INDEX}`, 'download the index as well');
  const models = all.filter((name) => name.endsWith('.onnx'));
  if (models.length > 1) {
    const named = models.slice(0, 4).join(', ');
    return new UserError(`${path} has ${models.length} ONNX models: ${named}`, 'give the path of one of them');
  }
  const other = all.find((name) => name.endsWith('.safetensors'));
  if (other !== undefined) refuseForeignAdapter(join(path, other), await namesOf(path, other));
  if (other) return new UserError(`${path} has no ${SINGLE}`, `give the path of the file: ${join(path, other)}`);
  const foreign = await foreignWeightsIn(path);
  if (foreign !== null) return foreign;
  return new UserError(
    `${path} contains no checkpoint: ${all.length === 0 ? 'it is empty' : `it has neither ${SINGLE} nor ${INDEX}`}`,
    'give the directory that contains the weights',
  );
}
