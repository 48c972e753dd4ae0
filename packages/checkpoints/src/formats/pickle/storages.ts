import { PickleError } from './pickle-error.ts';
import { pickleCount, storageDtype, tuple } from './tensor-vocabulary.ts';
import { type PickleValue, pickleKind, type TorchObject, TorchStorage } from './values.ts';

/** Devices that the numbers were on; `meta` has no numbers. */
const DEVICE = /^(cpu|cuda|mps|xpu|xla|hpu|npu|mlu|musa|maia|privateuseone)(:\d+)?$/;

/** @param places first bytes of storages in the file, by key */
export const offsetsIn =
  (places: ReadonlyMap<string, number>): TorchObject['offsetOf'] =>
  ({ key }) => {
    const place = places.get(key);
    if (place === undefined) throw new Error(`the storage ${key} has no place`);
    return place;
  };

export class Storages {
  readonly byKey = new Map<string, TorchStorage>();

  /** Number of items in an id: `'storage', class, key, device, count`, and in old files a view. */
  readonly length: 5 | 6;

  constructor(length: 5 | 6) {
    this.length = length;
  }

  /** @throws PickleError for any other id, and for a repeated storage that differs */
  readonly load = (id: PickleValue): TorchStorage => {
    const { items } = tuple(id, 'the name of an object outside of it');
    const [kind, type, key, device, size, view = null] = items;
    if (kind !== 'storage' || items.length !== this.length || typeof key !== 'string' || view !== null) {
      const what = kind === 'storage' ? 'a view of a storage' : pickleKind(kind ?? null);
      throw new PickleError(`it refers to ${what} outside of it`);
    }
    if (typeof device !== 'string' || !DEVICE.test(device)) {
      throw new PickleError('it has a storage of no known device');
    }
    const storage = new TorchStorage(key, storageDtype(type), pickleCount(size, 'the size of a storage'));
    // No file has so many bytes; the file's own sizes are compared later.
    if (!Number.isSafeInteger(8 * storage.count)) throw new PickleError('it has a storage of no possible size');
    const known = this.byKey.get(key);
    if (known && (known.dtype !== storage.dtype || known.count !== storage.count)) {
      throw new PickleError(`it has the storage ${JSON.stringify(key)} with two sizes or types`);
    }
    if (!known) this.byKey.set(key, storage);
    return known ?? storage;
  };
}
