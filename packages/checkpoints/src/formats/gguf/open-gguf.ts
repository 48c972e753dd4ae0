import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import { isReadable } from '../../tensors/tensor-value.ts';
import { GGUF } from '../foreign-format.ts';
import { type FullCheckpoint, fullCheckpoint } from '../full-checkpoint.ts';
import { readTensorBytes, resolveFile } from '../safetensors.ts';
import type { WeightsEntry } from '../weights-entry.ts';
import { asTransformers } from './as-transformers.ts';
import { type GgufHeader, readGgufHeader } from './header.ts';
import type { GgufMetadata } from './metadata.ts';
import { GgufModel, type GgufStoredTensor, namedEntry } from './model.ts';

/** @throws UserError for a damaged or incomplete model, and for a GGUF file that is not a model */
async function openGguf(path: string, files: FolderFiles): Promise<FullCheckpoint> {
  const headers: GgufHeader[] = [];
  for (const name of partNames(path)) headers.push(await readGgufHeader(await resolveFile(dirname(path), name)));
  const [first] = headers;
  if (first === undefined) throw new Error('a model has a file');
  expectParts(headers, path);
  const { metadata } = first;
  const architecture = modelArchitecture(metadata, path);
  const tensors = allTensors(headers, path);
  const numbers = await readNumbers(tensors);
  const model = new GgufModel({ metadata, architecture, tensors, numbersOf: (name) => numbers.get(name) ?? null });
  const { tensors: entries, config, notRun, unread } = asTransformers(model);
  const named = [...byName(entries, path).values()];
  const checkpoint = fullCheckpoint({ format: 'gguf', path, files, config, entries: named });
  return { ...checkpoint, multimodal: false, gguf: { metadata, notRun, unread } };
}

/** A file with GGUF's mark, or the only such model of a directory. */
export const gguf: WeightsEntry = {
  recognizes: ({ path, names }) => ggufIn(path, names),
  otherSets: ['named', 'pickles'],
  file: { recognizes: ({ foreign }) => foreign === GGUF, open: ({ path, files }) => openGguf(path, files) },
};

function expectParts(headers: readonly GgufHeader[], path: string): void {
  for (const [i, { metadata, file }] of headers.entries()) {
    const count = metadata.number('split.count');
    const number = metadata.number('split.no');
    if (headers.length === 1 && (count === null || count <= 1)) return;
    if (count === headers.length && number === i) continue;
    throw new UserError(
      `${basename(file)} says that it is part ${(number ?? 0) + 1} of ${count ?? 1}, and its name says ${i + 1} of ${headers.length}`,
      `download all parts of ${path} again, and keep their names`,
    );
  }
}

/** Types of files that are not models by themselves. */
const OTHER_TYPES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  adapter: ['a LoRA adapter', 'give the adapter as PEFT saved it, with adapter_config.json'],
  mmproj: ['a tower for images or sound (mmproj), which is no language model', 'give the file of the language model'],
  imatrix: ['an importance matrix, which is no model', 'give the file of the model'],
  controlvector: ['a control vector, which is no model', 'give the file of the model'],
};

function modelArchitecture(metadata: GgufMetadata, path: string): string {
  const architecture = metadata.string('general.architecture');
  const type = metadata.string('general.type') ?? (architecture === 'clip' ? 'mmproj' : 'model');
  const other = Object.hasOwn(OTHER_TYPES, type) ? OTHER_TYPES[type] : undefined;
  if (other) throw new UserError(`${path} is ${other[0]}`, other[1]);
  if (architecture === null) throw new UserError(`${path} has no general.architecture`, 'convert the model again');
  return architecture;
}

function allTensors(headers: readonly GgufHeader[], path: string): ReadonlyMap<string, GgufStoredTensor> {
  const all = new Map<string, GgufStoredTensor>();
  for (const { tensors, file, state } of headers) {
    for (const tensor of tensors) {
      if (all.has(tensor.name)) {
        throw new UserError(
          `two parts of ${path} have the tensor ${JSON.stringify(tensor.name)}`,
          'download them again',
        );
      }
      all.set(tensor.name, { ...tensor, file, state });
    }
  }
  const [{ metadata } = { metadata: null }] = headers;
  const expected = metadata?.number('split.tensors.count') ?? all.size;
  if (expected === all.size) return all;
  throw new UserError(`${path} has ${all.size} tensors, and says that it has ${expected}`, 'download all parts again');
}

/** Tensors of numbers for the config. */
const OF_THE_CONFIG = /^rope_(freqs|factors_long|factors_short)\.weight$/;

async function readNumbers(tensors: ReadonlyMap<string, GgufStoredTensor>) {
  const found = new Map<string, readonly number[]>();
  for (const tensor of tensors.values()) {
    if (!OF_THE_CONFIG.test(tensor.name)) continue;
    const entry = namedEntry(tensor, tensor.name);
    if (entry.dtype !== 'F32') {
      throw new UserError(`${entry.file}: ${entry.name} is ${entry.dtype}`, 'convert the model again');
    }
    const bytes = await readTensorBytes(entry);
    const numbers = Array.from({ length: entry.size }, (_, i) => bytes.readFloatLE(4 * i));
    found.set(entry.name, numbers);
  }
  return found;
}

function byName(entries: readonly TensorEntry[], path: string): ReadonlyMap<string, TensorEntry> {
  if (entries.length === 0) throw new UserError(`${path} contains no tensors`, 'give a file with weights');
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const unreadable = sorted.find((entry) => !isReadable(entry) && !/^I\d/.test(entry.dtype));
  if (unreadable) {
    throw new UserError(
      `${path}: tensor ${JSON.stringify(unreadable.name)} is ${unreadable.dtype}, and its numbers are not read`,
      'give a file of another type, or the checkpoint it was converted from',
    );
  }
  const all = new Map(sorted.map((entry) => [entry.name, entry]));
  if (all.size === sorted.length) return all;
  const twice = sorted.find(({ name }, i) => sorted[i + 1]?.name === name);
  throw new UserError(`${path} has two tensors for ${JSON.stringify(twice?.name)}`, 'convert the model again');
}

/** Names by llama.cpp's gguf-split. */
const PART = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/;

/** The names of all parts of a model. @param path the first part @throws UserError for another part */
function partNames(path: string): string[] {
  const name = basename(path);
  const [, stem = '', index = '', count = ''] = PART.exec(name) ?? [];
  if (stem === '') return [name];
  const all = Array.from(
    { length: Number(count) },
    (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${count}.gguf`,
  );
  const [first = name] = all;
  if (Number(index) !== 1) {
    throw new UserError(
      `${path} is part ${Number(index)} of ${Number(count)}`,
      `give the first one, ${join(dirname(path), first)}`,
    );
  }
  return all;
}

/** The first file of a directory's only GGUF model; null without one. @throws UserError for several models */
function ggufIn(directory: string, files: Iterable<string>): string | null {
  const names = [...files].filter((name) => name.endsWith('.gguf')).sort();
  const models = names.filter((name) => Number(PART.exec(name)?.[2] ?? 1) === 1);
  const [only, ...others] = models.length > 0 ? models : names;
  if (only === undefined) return null;
  if (others.length === 0) return only;
  const shown = [only, ...others].slice(0, 4).join(', ');
  throw new UserError(
    `${directory} has ${others.length + 1} GGUF models: ${shown}${others.length > 3 ? ', …' : ''}`,
    'give the path of one of them',
  );
}
