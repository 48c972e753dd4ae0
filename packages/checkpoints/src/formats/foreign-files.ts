import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { openResolved, resolveInside } from '@shadow-gate/platform/files';
import { isTrainingState } from '../hub/weight-formats.ts';
import { type ForeignFormat, foreignError, foreignFormatByName, PICKLE, readForeignFormat } from './foreign-format.ts';

interface ForeignFile {
  readonly name: string;
  readonly format: ForeignFormat;
}

/** Configurations, tokenizers and programs; safetensors and ONNX files have readers. */
const OTHERWISE_READ = /\.(json|jsonl|txt|md|jinja|py|ya?ml|csv|model|safetensors|onnx|onnx_data|log|lock)$/i;

/** Real checkpoints have tens of files. */
const MOST_FILES = 2000;

/** Files of a folder, without subfolders, with weights or training states in formats that are not read. */
export async function foreignFilesIn(folder: string): Promise<ForeignFile[]> {
  const found: ForeignFile[] = [];
  const all = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return [];
    throw error;
  });
  const names = all.sort().filter((name) => !OTHERWISE_READ.test(name));
  for (const name of names.slice(0, MOST_FILES)) {
    const format = await formatOf(folder, name);
    if (format !== null) found.push({ name, format });
  }
  return found;
}

/** The same by names alone, as on a hub. */
export function foreignNamesAmong(names: readonly string[]): ForeignFile[] {
  return [...names].sort().flatMap((name) => {
    const format = foreignFormatByName(name);
    return format === null ? [] : [{ name, format }];
  });
}

/** Null for safetensors, ONNX and unknown files. */
export function detectForeignFormat(path: string): Promise<ForeignFormat | null> {
  return formatOf(dirname(path), basename(path));
}

export async function refuseForeignFile(path: string): Promise<void> {
  const format = await detectForeignFormat(path);
  if (format !== null) throw foreignError(path, format);
}

async function formatOf(folder: string, name: string): Promise<ForeignFormat | null> {
  // Links that lead out of the folder are refused where they would be read.
  const real = await resolveInside(folder, name).catch(() => null);
  if (real === null) return null;
  const handle = await openResolved(real).catch(() => null);
  if (handle === null) return null;
  try {
    return (await handle.stat()).isFile() ? await readForeignFormat(handle, name) : null;
  } finally {
    await handle.close();
  }
}

/** Checkpoints of several files or folders, recognized by one of them. */
const FOLDERS: ReadonlyArray<readonly [mark: RegExp, what: string, hint: string]> = [
  [
    /^consolidated\.\d+\.pth?$/,
    'a checkpoint in the original layout of Llama or Mistral, which is not read',
    "convert it with convert_llama_weights_to_hf.py or convert_mistral_weights_to_hf.py of transformers' repository, and give its output",
  ],
  [
    /^zero_to_fp32\.py$|_(optim|model)_states\.pt$|^global_step\d+(_universal)?$/,
    'a DeepSpeed ZeRO checkpoint, whose weights are cut into flat rows, which are not read',
    "run 'python zero_to_fp32.py . OUTPUT --safe_serialization' where DeepSpeed wrote that program, and give OUTPUT with its config.json",
  ],
  [
    /^(latest_checkpointed_iteration\.txt|iter_\d{7}|mp_rank_\d+(_\d+)*|common\.pt)$/,
    'a Megatron checkpoint, whose weights have names and a layout of its own, which are not read',
    "export it with Megatron Bridge, 'AutoBridge.from_hf_pretrained(MODEL).export_ckpt(FOLDER, OUTPUT)', and give OUTPUT",
  ],
  [
    /\.distcp$|^(pytorch_model|distcp)_fsdp(_\d+)?$/,
    'a part of a distributed checkpoint of PyTorch, without its .metadata',
    'copy .metadata and the .distcp files of all processes into one folder',
  ],
  [
    /^manifest\.ocdbt$/,
    'an Orbax checkpoint (JAX), which is not read',
    'save its arrays with safetensors.flax.save_file',
  ],
  [
    /^model_index\.json$/,
    'a pipeline of Diffusers, which consists of several models',
    'give the folder of one of them, such as transformer, unet or text_encoder',
  ],
  [/\.mlpackage$/, 'a Core ML package, which is not read', 'give the safetensors checkpoint it was made from'],
];

export async function foreignWeightsIn(folder: string): Promise<UserError | null> {
  const names = (await readdir(folder)).sort();
  for (const [mark, what, hint] of FOLDERS) {
    if (names.some((name) => mark.test(name))) return new UserError(`${folder} is ${what}`, hint);
  }
  const weights = (await foreignFilesIn(folder)).find(({ name }) => !isTrainingState(name, { arePickles: false }));
  if (weights?.format === PICKLE) {
    const path = join(folder, weights.name);
    return new UserError(`${folder} has no checkpoint by its usual name`, `give the path of the file: ${path}`);
  }
  return weights ? foreignError(join(folder, weights.name), weights.format) : null;
}
