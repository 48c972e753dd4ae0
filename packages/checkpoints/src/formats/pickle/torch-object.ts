import type { PickleValue, TorchStorage } from './values.ts';

/** What `torch.save` wrote: an object, and where the numbers of its tensors are. */
export interface TorchObject {
  readonly value: PickleValue;
  /** First byte of a storage in the file. */
  readonly offsetOf: (storage: TorchStorage) => number;
}

/** A part of a file that is a file of `torch.save` itself. */
export interface StoragePart {
  readonly start: number;
  readonly size: number;
}
