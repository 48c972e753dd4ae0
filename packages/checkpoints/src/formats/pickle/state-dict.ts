import { UserError } from '@shadow-gate/platform';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import { ofView } from './stored-tensor.ts';
import { readTorchFile, type TorchFile } from './torch-file.ts';
import { PickleDict, type PickleValue, pickleKind, StridedTensor } from './values.ts';

export const STATE_KEYS = ['model', 'state_dict', 'module', 'model_state_dict'] as const;

const HINT = 'save model.state_dict() in a file of its own, or as safetensors';

/**
 * The tensors at the top of a file of `torch.save`, where transformers, PEFT and vLLM look. Other values are skipped.
 * @throws UserError for a file without weights there, and for a tensor that is not read
 */
export async function readStateDict(file: string): Promise<TensorEntry[]> {
  const read = await readTorchFile(file);
  const { key, weights } = weightsOf(read) ?? noWeights(read);
  if (key === null) return entriesOf(read, weights);
  throw new UserError(
    `${file} has its weights below ${JSON.stringify(key)}, where loaders do not look: transformers would run random numbers`,
    `save what is below ${JSON.stringify(key)} as the whole file, or give the path of the file, not that of its folder`,
  );
}

/** Prefixes that DistributedDataParallel and torch.compile add to all names. */
const WRAPPERS = ['module.', '_orig_mod.'];

/** For a file given by itself: the weights may also be below one of `STATE_KEYS`, and the model may be wrapped. */
export async function readLoneStateDict(file: string): Promise<TensorEntry[]> {
  const read = await readTorchFile(file);
  return withoutWrapper(entriesOf(read, (weightsOf(read) ?? noWeights(read)).weights));
}

/** @returns null for a file without weights, such as the state of an optimizer */
export async function findStateDict(file: string): Promise<TensorEntry[] | null> {
  const read = await readTorchFile(file);
  const found = weightsOf(read);
  return found === null ? null : withoutWrapper(entriesOf(read, found.weights));
}

function withoutWrapper(all: readonly TensorEntry[]): TensorEntry[] {
  let entries = [...all];
  for (;;) {
    const wrapper = WRAPPERS.find((prefix) => entries.every(({ name }) => name.startsWith(prefix)));
    if (wrapper === undefined) return entries;
    entries = entries.map((entry) => ({ ...entry, name: entry.name.slice(wrapper.length) }));
  }
}

function entriesOf(read: TorchFile, weights: PickleDict): TensorEntry[] {
  const entries: TensorEntry[] = [];
  for (const [name, value] of weights.entries) {
    if (!(value instanceof StridedTensor)) continue;
    if (typeof name !== 'string') {
      throw new UserError(`${read.file}: the name of a tensor is ${pickleKind(name)}`, HINT);
    }
    entries.push(ofView(read, name, value));
  }
  return entries;
}

/** @throws UserError for several sets of weights */
function weightsOf({ value, file }: TorchFile): { readonly key: string | null; readonly weights: PickleDict } | null {
  if (!(value instanceof PickleDict)) return null;
  const inner = STATE_KEYS.filter((key) => hasTensors(value.entries.get(key)));
  // Training programs also save numbers of the run, such as the best loss, as tensors.
  const isOwn = [...value.entries.values()].some((item) => item instanceof StridedTensor && item.shape.length > 0);
  const sets = [...(isOwn ? ['the top of the file'] : []), ...inner.map((key) => JSON.stringify(key))];
  if (sets.length > 1) throw new UserError(`${file} has several sets of weights: ${sets.join(', ')}`, HINT);
  const [key = null] = inner;
  const weights = key === null ? value : value.entries.get(key);
  return weights instanceof PickleDict && hasTensors(weights) ? { key, weights } : null;
}

function noWeights({ value, file }: TorchFile): never {
  if (!(value instanceof PickleDict)) {
    throw new UserError(`${file} has ${pickleKind(value)}, and no weights by their names`, HINT);
  }
  const where = `at its top or below ${STATE_KEYS.map((name) => JSON.stringify(name)).join(', ')}`;
  throw new UserError(`${file} has no weights ${where}`, HINT);
}

function hasTensors(value: PickleValue | undefined): boolean {
  return value instanceof PickleDict && [...value.entries.values()].some((item) => item instanceof StridedTensor);
}
