import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { isLfsPointerFile, resolveInside } from '@shadow-gate/platform/files';
import type { Checkpoint } from './checkpoint.ts';
import { detectForeignFormat } from './formats/foreign-files.ts';
import { PICKLE } from './formats/foreign-format.ts';
import { findStateDict } from './formats/pickle/state-dict.ts';
import { withoutTied } from './formats/pickle/tied-names.ts';
import { readSafetensorsHeader } from './formats/safetensors.ts';
import { readAll } from './formats/shards/index-file.ts';
import { CONSOLIDATED_FILE } from './hub/two-sets.ts';
import { isTrainingState, MLX_ADAPTER } from './hub/weight-formats.ts';
import { withUsualTensors } from './open.ts';
import type { TensorEntry } from './tensors/tensor-entry.ts';
import { storedEntries } from './tensors/tensor-value.ts';

/** Weights in the folder of a checkpoint that some program would load instead of its own or over them. */
export interface OtherWeights {
  /** One file, or all of Mistral's own. */
  readonly files: readonly string[];
  /** With the checkpoint's names and order. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Does a program load nothing else? Then they must be complete. */
  readonly isWhole: boolean;
}

/**
 * The other files of weights in a checkpoint's folder. vLLM reads `consolidated*.safetensors` if there are any, or else
 * all `*.safetensors`, `*.bin` or `*.pt`; text-generation-inference all `*.safetensors`; llama.cpp's converter and
 * mlx-lm all `model*.safetensors`; transformers another file on request (`variant`, `use_safetensors=False`). None
 * reads subfolders or other formats, or downloads pickles from a hub with safetensors.
 * @throws UserError for a file that cannot be compared
 */
export async function findOtherWeights(checkpoint: Checkpoint): Promise<OtherWeights[]> {
  const { path, remote } = checkpoint;
  if (!(await stat(path)).isDirectory()) return [];
  const own = new Set([...checkpoint.tensors.values()].flatMap(storedEntries).map(({ file }) => file));
  // Next to adapters.safetensors, mlx-lm keeps those of earlier steps.
  const isMlx = checkpoint.format === 'lora' && [...own].some((file) => basename(file) === MLX_ADAPTER);
  const found: OtherWeights[] = [];
  const consolidated: string[] = [];
  for (const name of (await readdir(path)).sort()) {
    const file = CANDIDATE.test(name) && !(isMlx && /^\d+_adapters/.test(name)) ? await fileAt(checkpoint, name) : null;
    if (file === null || own.has(file) || (remote && !remote.others.includes(name))) continue;
    if (CONSOLIDATED_FILE.test(name)) consolidated.push(name);
    else {
      const tensors = await comparing(path, name, () => read(checkpoint, name, file));
      if (tensors !== null) found.push({ files: [name], tensors, isWhole: false });
    }
  }
  const [first] = consolidated;
  if (first === undefined) return found;
  const tensors = await comparing(path, first, async () => usual(checkpoint, await readAll(path, consolidated)));
  return [...found, { files: consolidated, tensors, isWhole: true }];
}

const CANDIDATE = /\.(safetensors|bin|pt|pth)$/;

/** The real path; null if it is not a file. A link out of the folder is an error for weights, and ignored otherwise. */
async function fileAt(checkpoint: Checkpoint, name: string): Promise<string | null> {
  const { path } = checkpoint;
  const resolve = () => resolveInside(path, name);
  const file = await (isState(checkpoint, name) ? resolve().catch(() => null) : comparing(path, name, resolve));
  return file !== null && (await stat(file)).isFile() ? file : null;
}

function isState({ format }: Checkpoint, name: string): boolean {
  return isTrainingState(name, { arePickles: format === 'pytorch' });
}

/** @returns null if no program would load it as weights */
async function read(checkpoint: Checkpoint, name: string, file: string): Promise<OtherWeights['tensors'] | null> {
  if (name.endsWith('.safetensors')) return usual(checkpoint, await readSafetensorsHeader(file));
  // Clones of a hub often have pointers in place of the pickles, which nothing can load.
  if ((await detectForeignFormat(file)) !== PICKLE || (await isLfsPointerFile(file))) return null;
  try {
    const entries = await findStateDict(file);
    if (entries === null) return null;
    const isFull = checkpoint.format !== 'lora';
    const tensors = await (isFull
      ? usual({ ...checkpoint, format: 'pytorch' }, withoutTied(entries, checkpoint.config))
      : usual(checkpoint, entries));
    const isForeign = ![...tensors.keys()].some((key) => checkpoint.tensors.has(key));
    return isState(checkpoint, name) && isForeign ? null : tensors;
  } catch (error) {
    if (error instanceof UserError && isState(checkpoint, name)) return null;
    throw error;
  }
}

async function usual(checkpoint: Checkpoint, entries: readonly TensorEntry[]): Promise<OtherWeights['tensors']> {
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  return (await withUsualTensors({ ...checkpoint, tensors })).tensors;
}

async function comparing<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${join(folder, name)} is next to the weights, and cannot be compared with them: ${error.problem}`,
      `remove ${name}, or move it to a folder of its own: programs differ in which of them they load`,
    );
  }
}
