import type { FileHandle } from 'node:fs/promises';
import { readPickle } from './interpreter.ts';
import { PickleError } from './pickle-error.ts';
import { offsetsIn, Storages } from './storages.ts';
import { tensorVocabulary } from './tensor-vocabulary.ts';
import { bytesOfStorage } from './torch-dtypes.ts';
import { List, PickleDict, type PickleValue, type TorchObject } from './values.ts';
import { MAX_PICKLE_BYTES } from './zip-file.ts';

/** torch/serialization.py, MAGIC_NUMBER and PROTOCOL_VERSION. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** Most files' pickles are shorter. */
const FIRST_BYTES = 2 ** 20;

/** Before PyTorch 1.6: five pickles, then each storage after its count (torch/serialization.py, `_legacy_load`). */
export async function readLegacyFile(handle: FileHandle, size: number): Promise<TorchObject> {
  const { value, keys, storages, end } = await readPickles(handle, size);
  const places = new Map<string, number>();
  let at = end;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.byKey.get(key) : undefined;
    if (!storage || places.has(storage.key)) throw new PickleError('its list of storages is not that of its tensors');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, at);
    if (bytesRead < 8 || buffer.readBigInt64LE(0) !== BigInt(storage.count)) {
      throw new PickleError(`its storage ${JSON.stringify(storage.key)} has another size than its tensors`);
    }
    places.set(storage.key, at + 8);
    at += 8 + bytesOfStorage(storage);
    if (!(at <= size)) throw new PickleError('it is cut off');
  }
  if (places.size !== storages.byKey.size) throw new PickleError('its list of storages is not that of its tensors');
  return { value, offsetOf: offsetsIn(places) };
}

/** The length of the pickles is known only after they have been read. */
async function readPickles(handle: FileHandle, size: number) {
  for (let length = FIRST_BYTES; ; length *= 4) {
    const most = Math.min(length, size, MAX_PICKLE_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0);
    try {
      return parsePickles(buffer.subarray(0, bytesRead));
    } catch (error) {
      if (!(error instanceof PickleError && error.isCutOff && most < size && most < MAX_PICKLE_BYTES)) throw error;
    }
  }
}

function parsePickles(bytes: Buffer) {
  const storages = new Storages(6);
  const vocabulary = tensorVocabulary(storages.load);
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = readPickle(bytes, vocabulary, at);
    at = end;
    return value;
  };
  if (next() !== MAGIC) throw new PickleError('it was not written by torch.save');
  const version = next();
  if (version !== VERSION) throw new PickleError('it is of a version that is not known');
  const system = next();
  if (!(system instanceof PickleDict) || system.entries.get('little_endian') !== true) {
    throw new PickleError('its numbers are big-endian');
  }
  const value = next();
  const keys = next();
  if (!(keys instanceof List)) throw new PickleError('it has no list of its storages');
  return { value, keys: keys.items, storages, end: at };
}
