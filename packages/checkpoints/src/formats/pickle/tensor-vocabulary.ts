import type { PickleVocabulary } from './interpreter.ts';
import { PickleError } from './pickle-error.ts';
import { bytesOfStorage, dtypeOfStorage, isTorchDtype, torchDtype } from './torch-dtypes.ts';
import {
  Global,
  List,
  PickleDict,
  PickleInstance,
  type PickleValue,
  pickleKind,
  StridedTensor,
  TorchStorage,
  Tuple,
} from './values.ts';

/** The names in a state dict, fewer than in torch 2.13's torch/_weights_only_unpickler.py. None of them is called. */

type Call = (args: readonly PickleValue[], callee: Global) => PickleValue;

/** An object that nobody reads. */
export const asData: Call = (args, callee) => new PickleInstance(callee, args);

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', (args) => rebuild(args, 4)],
  ['torch._utils._rebuild_tensor_v2', (args) => rebuild(args, 6)],
  [
    'torch._utils._rebuild_tensor_v3',
    ([...args]) => rebuild([...args.slice(0, 6), args[7] ?? null], 6, args[6] ?? null),
  ],
  ['torch._utils._rebuild_parameter', (args) => parameter(args, 3)],
  ['torch._utils._rebuild_parameter_with_state', (args) => parameter(args, 4)],
  ['collections.OrderedDict', orderedDict],
  ['torch.Size', ([sizes]) => (sizes instanceof List ? new Tuple(sizes.items) : tuple(sizes, 'a size'))],
  ['torch.device', asData],
  ['torch.serialization._get_layout', asData],
  ['_codecs.encode', asData],
  ...['builtins', '__builtin__'].flatMap((module) =>
    ['set', 'complex', 'bytearray'].map((name): [string, Call] => [`${module}.${name}`, asData]),
  ),
]);

/** Tensors that are not plain numbers in a file. */
const OTHER_TENSORS: ReadonlyMap<string, string> = new Map([
  ['torch._utils._rebuild_qtensor', 'a quantized tensor of PyTorch'],
  ['torch._utils._rebuild_sparse_tensor', 'a sparse tensor'],
  ['torch._utils._rebuild_nested_tensor', 'a nested tensor'],
  ['torch._utils._rebuild_meta_tensor_no_storage', 'a tensor without numbers (device meta)'],
  ['torch._utils._rebuild_wrapper_subclass', 'a tensor of a class of its own'],
  ['torch._tensor._rebuild_from_type_v2', 'a tensor of a class of its own'],
  ['torch.distributed.tensor.DTensor', 'a DTensor, which is a part of a tensor'],
]);

const MAX_DIMENSIONS = 32;
const MAX_NAME_LENGTH = 200;

/** @param load returns the storage of a persistent id @param more names in addition to those of tensors */
export function tensorVocabulary(
  load: PickleVocabulary['load'],
  more: ReadonlyMap<string, Call> = new Map(),
): PickleVocabulary {
  const known = new Map<string, Global>();
  const callOf = (path: string) => CALLS.get(path) ?? more.get(path);
  return {
    find(module, name) {
      const path = `${module}.${name}`;
      const found = known.get(path) ?? new Global(module, name);
      if (callOf(path) === undefined && !isStorage(found) && !isDtype(found)) throw refused(path);
      known.set(path, found);
      return found;
    },
    call(callee, args) {
      const call = callOf(callee.path);
      if (!call) throw new PickleError(`it calls ${callee.path}`);
      return call(args, callee);
    },
    load,
  };
}

function refused(path: string): PickleError {
  const tensor = OTHER_TENSORS.get(path);
  if (tensor) return new PickleError(`it has ${tensor} (${path}), which is not read`);
  // A name from the file, without its escapes.
  const shown = JSON.stringify(path.slice(0, MAX_NAME_LENGTH)).slice(1, -1);
  return new PickleError(`it names ${shown}, which is no tensor and would run as code where the file is loaded`);
}

const STORAGE_MODULES = new Set(['torch', 'torch.storage', 'torch.cuda']);

function isStorage({ module, name }: Global): boolean {
  return STORAGE_MODULES.has(module) && (name === 'UntypedStorage' || dtypeOfStorage(name) !== undefined);
}

function isDtype({ module, name }: Global): boolean {
  return module === 'torch' && isTorchDtype(name);
}

/** The dtype of a storage by its class; null for bytes. */
export function storageDtype(value: PickleValue | undefined): string | null {
  if (!(value instanceof Global) || !isStorage(value)) throw new PickleError('it has a storage of no known type');
  return dtypeOfStorage(value.name) ?? null;
}

export function pickleCount(value: PickleValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new PickleError(`${what} is ${typeof value === 'number' ? value : pickleKind(value ?? null)}`);
}

export function tuple(value: PickleValue | undefined, what: string): Tuple {
  if (value instanceof Tuple) return value;
  throw new PickleError(`${what} is ${pickleKind(value ?? null)}`);
}

export function dtypeNamed(value: PickleValue | undefined): string {
  if (value instanceof Global && isDtype(value)) return value.name;
  throw new PickleError(`it has a tensor whose dtype is ${pickleKind(value ?? null)}`);
}

export function counts(value: PickleValue | undefined, what: string): number[] {
  const { items } = tuple(value, what);
  if (items.length > MAX_DIMENSIONS) throw new PickleError(`it has a tensor of ${items.length} dimensions`);
  return items.map((item) => pickleCount(item, what));
}

/** @param args storage, offset, size, strides, up to `extra` for training, then bits that differ from the storage */
function rebuild(args: readonly PickleValue[], extra: number, dtype?: PickleValue): StridedTensor {
  const [storage, offset, size, strides, requiresGrad = false] = args;
  if (args.length < extra || typeof requiresGrad !== 'boolean') {
    throw new PickleError('it has a tensor of no known form');
  }
  if (!(storage instanceof TorchStorage)) throw new PickleError(`it has a tensor in ${pickleKind(storage ?? null)}`);
  const bits = args[extra] ?? null;
  if (bits !== null && !(bits instanceof PickleDict && [...bits.entries.values()].every((value) => value === false))) {
    throw new PickleError('it has a tensor that is the negative or the conjugate of what is stored, which is not read');
  }
  const type = dtype === undefined ? (storage.dtype ?? 'uint8') : dtypeNamed(dtype);
  const found = new StridedTensor(
    storage,
    type,
    pickleCount(offset, 'the offset of a tensor'),
    counts(size, 'a size'),
    counts(strides, 'a stride'),
  );
  if (found.shape.length !== found.strides.length) {
    throw new PickleError('it has a tensor with a stride too many or too few');
  }
  expectInside(found);
  return found;
}

/** @throws PickleError if its last element is outside of the storage */
function expectInside({ storage, dtype, offset, shape, strides }: StridedTensor): void {
  if (shape.includes(0)) return;
  const steps = shape.map((size, axis) => BigInt(size - 1) * BigInt(strides[axis] ?? 0));
  const last = steps.reduce((sum, step) => sum + step, BigInt(offset));
  if ((last + 1n) * BigInt(torchDtype(dtype).bytes) > BigInt(bytesOfStorage(storage))) {
    throw new PickleError(`it has a tensor [${shape.join(', ')}] that lies outside of its storage`);
  }
}

function parameter([tensor = null, requiresGrad, ...rest]: readonly PickleValue[], length: number): StridedTensor {
  if (tensor instanceof StridedTensor && typeof requiresGrad === 'boolean' && rest.length === length - 2) return tensor;
  throw new PickleError(`it has a parameter that is ${pickleKind(tensor)}`);
}

/** Python 2 has the items as a list of pairs. */
function orderedDict(args: readonly PickleValue[]): PickleDict {
  const dict = new PickleDict();
  const [pairs] = args;
  if (args.length === 0) return dict;
  // If many of them could take one list, they would grow without bytes of the pickle.
  if (args.length > 1 || !(pairs instanceof List) || pairs.isTaken) {
    throw new PickleError('it has an OrderedDict of no known form');
  }
  pairs.isTaken = true;
  for (const pair of pairs.items) {
    const [key, value] = pair instanceof List || pair instanceof Tuple ? pair.items : [];
    if (key === undefined || value === undefined) throw new PickleError('it has an OrderedDict of no known form');
    dict.entries.set(key, value);
  }
  return dict;
}
