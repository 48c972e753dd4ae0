import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import type { OnProgress } from '@shadow-gate/platform/progress';
import type { Adapter } from './adapter/adapter.ts';
import { adaptersInside, isAdapterDirectory, openAdapter } from './adapter/open-adapter.ts';
import type { Checkpoint } from './checkpoint.ts';
import { refuseForeignAdapter } from './formats/adapter-names.ts';
import { detectForeignFormat, foreignFilesIn, foreignWeightsIn } from './formats/foreign-files.ts';
import { foreignError, PICKLE } from './formats/foreign-format.ts';
import type { FullCheckpoint } from './formats/full-checkpoint.ts';
import { safetensors } from './formats/layouts.ts';
import { FORMATS } from './formats/list.ts';
import { readQuantized } from './formats/quantized/read-quantized.ts';
import { readSafetensorsHeader, readSafetensorsMetadata, readTensorBytes, resolveFile } from './formats/safetensors.ts';
import { readWeightMap } from './formats/shards/index-file.ts';
import { usualTensors } from './formats/usual-tensors.ts';
import type { WeightsEntry, WeightsFolder } from './formats/weights-entry.ts';
import { isHubPath } from './hub/hub-path.ts';
import { openSnapshot } from './hub/snapshot.ts';
import { twoSets, twoSetsOfWeights, twoSetsWith } from './hub/two-sets.ts';
import { INDEX, isTrainingState, layoutIn, readableFormats, SINGLE } from './hub/weight-formats.ts';
import type { TensorEntry } from './tensors/tensor-entry.ts';
import { storedEntries } from './tensors/tensor-value.ts';

/**
 * Open a checkpoint: a Hugging Face directory (`model.safetensors`, or shards with their index; otherwise the same as
 * `pytorch_model.bin`), the directory of a PEFT or MLX adapter, a safetensors file or file of torch.save, or an ONNX or
 * GGUF model (a file, or a directory without other weights). Only headers are read, and pickles call nothing. Links may
 * lead to files of the same folder and into the `blobs` of a Hugging Face cache. `hf://org/model` downloads only
 * headers: see `fetchTensors`.
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

/** Download tensors, which are holes in their files before that and read as zeros. @throws UserError if that fails */
export async function fetchTensors(
  { remote }: Checkpoint,
  tensors: Iterable<TensorEntry>,
  onDownload?: OnProgress,
): Promise<void> {
  await remote?.fetch([...tensors].flatMap(storedEntries), onDownload);
}

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

const HUB_NAME = /^\w[\w.-]*\/\w[\w.-]*$/;

async function openLocal(path: string): Promise<Checkpoint> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      const local = `give the directory of a checkpoint, or a file of weights (${readableFormats()})`;
      const hint = HUB_NAME.test(path) ? `${local}, or hf://${path} for a hub's` : local;
      throw new UserError(`${path} does not exist`, hint);
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

async function openFile(path: string, beside: FolderFiles): Promise<FullCheckpoint> {
  const file = await resolveFile(dirname(path), basename(path));
  const foreign = await detectForeignFormat(path);
  const given = { path, file, files: beside, foreign };
  const format = FORMATS.flatMap((entry) => entry.file ?? []).find(({ recognizes }) => recognizes(given));
  if (format === undefined && foreign !== null) throw foreignError(path, foreign);
  return (format ?? safetensors.file).open(given);
}

/** One could be measured, and the other one loaded. */
async function refuseTwoSets(files: FolderFiles): Promise<void> {
  const { path } = files;
  const names = new Set(await readdir(path));
  const conflict = twoSetsOfWeights(names, path);
  if (conflict) throw conflict;
  const layout = layoutIn(names);
  if (layout && names.has(layout.single) && names.has(layout.index)) {
    const shards = Object.values(await readWeightMap(files, layout.index));
    if (shards.some((name) => name !== layout.single)) throw twoSets(path, [layout.single, layout.index]);
  }
  const all = [...names].sort();
  const onnx = all.find((name) => name.endsWith('.onnx'));
  const other = all.find((name) => name === INDEX || name.endsWith('.safetensors'));
  if (onnx !== undefined && other !== undefined) {
    throw new UserError(
      `${path} has two models, ${other} and ${onnx}`,
      `move ${onnx} to the subfolder onnx, where Transformers.js and Optimum have it, or give its path to measure it`,
    );
  }
}

/** @throws UserError for weights of another form than those that are chosen */
async function refuseOtherSets({ path, names }: WeightsFolder, chosen: string, sets: WeightsEntry['otherSets']) {
  const named = sets.includes('named') ? twoSetsWith(chosen, names, path) : null;
  if (named) throw named;
  if (!sets.includes('pickles')) return;
  // Without safetensors, vLLM loads pickles of any name.
  const other = (await foreignFilesIn(path)).find(
    ({ name, format }) =>
      format === PICKLE && /\.(bin|pt)$/.test(name) && !isTrainingState(name, { arePickles: false }),
  );
  if (other) throw twoSets(path, [chosen, other.name]);
}

async function openDirectory(files: FolderFiles): Promise<FullCheckpoint> {
  const { path } = files;
  const names = new Set(await readdir(path));
  const folder = { path, files, names };
  for (const { recognizes, otherSets, open } of FORMATS) {
    const found = await recognizes(folder);
    if (found === null) continue;
    await refuseOtherSets(folder, found, otherSets);
    return open ? open(folder, found) : openFile(join(path, found), files);
  }
  throw (await adaptersInside(path)) ?? (await noWeights(path, names));
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
  if (other !== undefined) {
    const entries = await readSafetensorsHeader(await resolveFile(path, other));
    refuseForeignAdapter(
      join(path, other),
      entries.map(({ name }) => name),
    );
    return new UserError(`${path} has no ${SINGLE}`, `give the path of the file: ${join(path, other)}`);
  }
  const foreign = await foreignWeightsIn(path);
  if (foreign !== null) return foreign;
  const what = all.length === 0 ? 'it is empty' : `it has neither ${SINGLE} nor ${INDEX}`;
  return new UserError(`${path} contains no checkpoint: ${what}`, 'give the directory that contains the weights');
}
