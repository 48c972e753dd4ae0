import { UserError } from '../../platform/user-error.ts';
import type { TensorEntry } from '../types.ts';
import { ofView } from './stored-tensor.ts';
import { readTorchFile, type TorchFile } from './torch-file.ts';
import { Dict, kindOf, type PickleValue, StridedTensor } from './values.ts';

/** Keys below which training programs save the weights, beside the state of the run. */
export const STATE_KEYS = ['model', 'state_dict', 'module', 'model_state_dict'] as const;

const HINT = 'save model.state_dict() in a file of its own, or as safetensors';

/**
 * The tensors of a file of `torch.save` that has a state dict: a dict of names and tensors, at its top or below one of `STATE_KEYS`. What
 * else is in it (an optimizer, counters, configurations) is not read.
 * @param file its real path
 * @throws UserError for a file without weights, with several sets of them, and for a tensor that is not read, by its name
 */
export async function readStateDict(file: string): Promise<TensorEntry[]> {
  const read = await readTorchFile(file);
  const entries: TensorEntry[] = [];
  for (const [name, value] of weightsOf(read).entries) {
    if (!(value instanceof StridedTensor)) continue;
    if (typeof name !== 'string') throw new UserError(`${file}: the name of a tensor is ${kindOf(name)}`, HINT);
    entries.push(ofView(read, name, value));
  }
  return entries;
}

/** What wraps a model adds to all of its names: DistributedDataParallel, and torch.compile. */
const WRAPPERS = ['module.', '_orig_mod.'];

/** The same for a file that is given by itself, whose model may have been wrapped when it was saved. */
export async function readLoneStateDict(file: string): Promise<TensorEntry[]> {
  let entries = await readStateDict(file);
  for (;;) {
    const wrapper = WRAPPERS.find((prefix) => entries.every(({ name }) => name.startsWith(prefix)));
    if (wrapper === undefined) return entries;
    entries = entries.map((entry) => ({ ...entry, name: entry.name.slice(wrapper.length) }));
  }
}

function weightsOf({ value, file }: TorchFile): Dict {
  if (!(value instanceof Dict))
    throw new UserError(`${file} has ${kindOf(value)}, and no weights by their names`, HINT);
  const inner = STATE_KEYS.filter((key) => hasTensors(value.entries.get(key)));
  // Training programs also save numbers of the run, such as the best loss, as tensors.
  const isOwn = [...value.entries.values()].some((item) => item instanceof StridedTensor && item.shape.length > 0);
  const sets = [...(isOwn ? ['the top of the file'] : []), ...inner.map((key) => JSON.stringify(key))];
  if (sets.length > 1) throw new UserError(`${file} has several sets of weights: ${sets.join(', ')}`, HINT);
  const [key] = inner;
  const found = key === undefined ? value : value.entries.get(key);
  if (found instanceof Dict && hasTensors(found)) return found;
  const where = `at its top or below ${STATE_KEYS.map((name) => JSON.stringify(name)).join(', ')}`;
  throw new UserError(`${file} has no weights ${where}`, HINT);
}

function hasTensors(value: PickleValue | undefined): boolean {
  return value instanceof Dict && [...value.entries.values()].some((item) => item instanceof StridedTensor);
}
