/** Values of a pickle, as data. Objects can be shared and cyclic, so do not walk through them. */

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Tuple
  | List
  | PickleDict
  | Items
  | Global
  | PickleInstance
  | TorchStorage
  | StridedTensor;

export class Tuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class List {
  readonly items: PickleValue[] = [];
  /** Whether an OrderedDict was made of it. */
  isTaken = false;
}

/** A dict or OrderedDict. The last of equal keys counts, as in Python; only texts and numbers can be equal here. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** A set. Nothing in it is read. */
export class Items {}

export class Global {
  readonly module: string;
  readonly name: string;
  readonly path: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
    this.path = `${module}.${name}`;
  }
}

export class PickleInstance {
  state: PickleValue = null;
  readonly of: Global;
  readonly args: readonly PickleValue[];

  constructor(of: Global, args: readonly PickleValue[]) {
    this.of = of;
    this.args = args;
  }
}

export class TorchStorage {
  readonly key: string;
  /** PyTorch's name without `torch.`; null for bytes whose type only the tensor has. */
  readonly dtype: string | null;
  /** Number of elements, or of bytes if the type is unknown. */
  readonly count: number;

  constructor(key: string, dtype: string | null, count: number) {
    this.key = key;
    this.dtype = dtype;
    this.count = count;
  }
}

/** A view of a storage. Offset and strides are in elements. */
export class StridedTensor {
  readonly storage: TorchStorage;
  readonly dtype: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: TorchStorage,
    dtype: string,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** An object of `torch.save`, and the places of its tensors' numbers. */
export interface TorchObject {
  readonly value: PickleValue;
  /** First byte of a storage in the file. */
  readonly offsetOf: (storage: TorchStorage) => number;
}

export function pickleKind(value: PickleValue): string {
  if (value === null) return 'None';
  if (value instanceof Global) return value.path;
  if (value instanceof PickleInstance) return `an object of ${value.of.path}`;
  if (value instanceof StridedTensor) return 'a tensor';
  if (value instanceof TorchStorage) return 'a storage';
  if (value instanceof PickleDict) return 'a dict';
  if (value instanceof List) return 'a list';
  if (value instanceof Tuple) return 'a tuple';
  if (value instanceof Items) return 'a set';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'boolean' ? 'a truth value' : 'a number';
}
